"""Formulas as MathML, which every browser draws by itself: no script, no font, no network.

The extension arithmatex finds `$…$` and `$$…$$` in a page; here LaTeX becomes MathML.
"""

import re
from html import unescape

FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL
)


def with_formulas(html: str) -> str:
    """Return a page's HTML with its formulas in MathML.

    Raises:
        ValueError: a formula has a command that is not understood.

    Example:
        >>> with_formulas(r'<span class="arithmatex">\\(S = W H\\)</span>')[:37]
        '<span class="arithmatex"><math xmlns='
    """
    return FORMULA.sub(_drawn, html)


def mathml(latex: str, block: bool) -> str:
    """Return a formula in MathML.

    Raises:
        ValueError: it has a command that is not understood, which would be drawn as its name.
    """
    from latex2mathml.converter import convert

    found = convert(latex, display="block" if block else "inline")
    if unknown := re.search(r"<mi>\\\w+</mi>|<mtext>\\\w+</mtext>", found):
        raise ValueError(f"a formula must be LaTeX that is understood, but {latex!r}: {unknown[0]}")
    return found


def _drawn(found: re.Match[str]) -> str:
    """Return one formula in its own element."""
    latex, tag = unescape(found["latex"]).strip(), found["tag"]
    return f'<{tag} class="arithmatex">{mathml(latex, tag == "div")}</{tag}>'
