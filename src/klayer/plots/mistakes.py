"""Pictures that a network is most confidently wrong about."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from klayer.architecture import Array
from klayer.plots.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 6


def draw_mistakes(
    rows: Array, picture: tuple[int, int, int], captions: Sequence[str], title: str
) -> "Figure":
    """Draw rows as pictures, with a caption below each.

    Args:
        rows: raw features, (n, d), plane after plane.
        picture: (height, width, channels).
        captions: a few words for each row, on one or two lines.
        title: what is shown.
    """
    height, width, channels = picture
    lines = -(-len(rows) // COLUMNS)
    figure = new_figure(COLUMNS * 1.5, lines * 1.9 + 0.5)
    panels = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    brightest = 255.0 if rows.max() > 64 else max(float(rows.max()), 1.0)
    for row, caption, panel in zip(rows, captions, panels, strict=False):
        image = row.reshape(channels, height, width).transpose(1, 2, 0) / brightest
        panel.imshow(image.squeeze(), cmap="gray" if channels == 1 else None, vmin=0, vmax=1)
        panel.set_title(caption, fontsize=8, y=-0.36)
    figure.suptitle(title, fontsize=10)
    return figure
