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
        >>> with_formulas(r'<span class="arithmatex">\\(S^2\\)</span>')
        '<span class="arithmatex"><math><msup><mi>S</mi><mn>2</mn></msup></math></span>'
    """
    return FORMULA.sub(_drawn, html)


def mathml(latex: str, block: bool) -> str:
    """Return a formula in MathML.

    Raises:
        ValueError: it is not LaTeX that is understood.
    """
    from math_core import LatexError, LatexToMathML

    try:
        return LatexToMathML(fancy_error=False).convert_with_local_state(latex, displaystyle=block)
    except LatexError as error:
        raise ValueError(
            f"a formula must be LaTeX that is understood, but got {latex!r}: {error}"
        ) from error


def _drawn(found: re.Match[str]) -> str:
    """Return one formula in its own element."""
    latex, tag = unescape(found["latex"]).strip(), found["tag"]
    return f'<{tag} class="arithmatex">{mathml(latex, tag == "div")}</{tag}>'
