"""Looks at a page of the site as its reader does: in a browser, with what stands where and how large."""

import json
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from tests.report.browser import Browser

SCRIPT = """<script>
addEventListener("load", () => {
  const all = (selector, tell) => [...document.querySelectorAll(selector)].map(tell)
  const box = element => element.getBoundingClientRect()
  const drawn = element => box(element).width > 0 && box(element).height > 0
  document.documentElement.dataset.seen = JSON.stringify({
    formulas: all("math", drawn),
    fractions: all("mfrac", ({children: [above, below]}) => box(above).bottom <= box(below).top + 1),
    pictures: all("img", element => [element.getAttribute("src"), element.naturalWidth]),
    code: all("pre > code", element => element.textContent.trim().length > 0 && drawn(element)),
    search: all("input.md-search__input", drawn),
  })
})
</script>"""
SEEN = re.compile(r'<html[^>]* data-seen="([^"]*)"')


@dataclass(frozen=True)
class Look:
    """What was seen.

    Attributes:
        dom: the page as the browser understood it.
        said: what its console said.
        seen: of every formula, fraction, picture and block of code how it was drawn.
    """

    dom: str
    said: list[str]
    seen: dict[str, list[Any]]

    def faults(self) -> list[str]:
        """Return a sentence for everything that is not as it should be."""
        seen = self.seen
        found = [f"the console says {line}" for line in self.said]
        found += ["a formula is not drawn" for drawn in seen["formulas"] if not drawn]
        found += ["a fraction is not drawn as one" for above in seen["fractions"] if not above]
        found += [f"the picture {src} is not there" for src, width in seen["pictures"] if not width]
        found += ["a block of code is empty" for there in seen["code"] if not there]
        return found if seen["search"] else [*found, "there is no search"]


def look(browser: Browser, page: Path, query: str = "") -> Look:
    """Open a page, by way of a copy beside it that says what is seen.

    Args:
        browser: to look with.
        page: of the site.
        query: to follow its name, such as "?q=dropout".
    """
    copy = page.with_name(f"looked-at-{page.name}")
    html = page.read_text(encoding="utf-8")
    copy.write_text(html.replace("</body>", f"{SCRIPT}</body>"), encoding="utf-8")
    try:
        dom, said = browser.dom(copy, query)
    finally:
        copy.unlink()
    seen = SEEN.search(dom)
    assert seen, f"{page} must tell what is seen"
    return Look(dom, said, json.loads(unescape(seen[1])))
