"""A figure as SVG to stand inside a page: as large as it at most, its colours follow the page."""

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


LARGEST = 1.6  # pixels to a point (1/72 inch): text of 8 points is as large as that of the page


def svg(figure: "Figure", name: str, words: str) -> str:
    """Return the figure as an <svg> element, the same for the same figure.

    Black becomes the page's own text colour, the grid's grey the page's `--grid`; the background
    is transparent, text stays text. A small figure stays small, so that the text of all is alike.

    Args:
        figure: what to draw.
        name: goes before every id inside, so that several pictures fit on one page.
        words: what the picture shows, for who cannot see it.
    """
    from html import escape

    from matplotlib import rc_context

    content = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(content, format="svg", facecolor="none", metadata={"Date": None})
    text = content.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    points = re.search(r'viewBox="0 0 ([0-9.]+) ', text)
    assert points is not None
    widest = f"max-width: {LARGEST * float(points[1]):.0f}px"
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = text.replace("url(#", f"url(#{name}-")
    for fixed, following in (
        ("fill: #ffffff", "fill: none"),
        ("stroke: #000000", "stroke: currentColor"),
        ("fill: #000000", "fill: currentColor"),
        ("#dddddd", "var(--grid)"),
    ):
        text = text.replace(fixed, following)
    return text.replace(
        "<svg ", f'<svg role="img" aria-label="{escape(words)}" style="{widest}" ', 1
    )
