"""The common look of klayer's pictures: one palette, one grid, figures without global state."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart with every kind of colour vision; the last is for side notes.
COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#666666",
)  # fmt: skip
GRID: dict[str, Any] = {"color": "#dddddd", "lw": 0.6}
DPI = 130


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure of so many inches, laid out tightly; pyplot is not involved.

    Example:
        >>> new_figure(9.5, 6.4).get_size_inches()
        array([9.5, 6.4])
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")


def png(figure: "Figure") -> bytes:
    """Return the figure as the content of a PNG file, the same for the same figure.

    Example:
        >>> png(new_figure(1.0, 1.0))[1:4]
        b'PNG'
    """
    import io

    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": "klayer"})
    return content.getvalue()
