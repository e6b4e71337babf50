"""The first layer's weights as pictures, where inputs are pictures."""

from typing import TYPE_CHECKING

import numpy as np

from klayer.architecture import Array
from klayer.plots.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 100


def draw_weights(W: Array, picture: tuple[int, int, int], title: str) -> "Figure":
    """Draw every row of the first layer as the picture that its unit looks for.

    Args:
        W: W_1, (m_1, d); at most the first 100 rows are drawn.
        picture: (height, width, channels), d = height · width · channels, plane after plane.
        title: what was trained.

    Returns:
        A figure; grey is a weight of zero, each picture on its own scale.

    Example:
        >>> figure = draw_weights(np.eye(4), picture=(2, 2, 1), title="four units")
        >>> len(figure.axes)
        4
    """
    height, width, channels = picture
    count = min(len(W), MOST)
    columns = min(10, count)
    lines = -(-count // columns)
    figure = new_figure(columns * 0.8, lines * 0.8 + 0.5)
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel in panels:
        panel.axis("off")
    for row, panel in zip(W[:count], panels, strict=False):
        scale = np.abs(row).max() or 1.0
        image = (0.5 + row / (2 * scale)).reshape(channels, height, width).transpose(1, 2, 0)
        panel.imshow(image.squeeze(), cmap="gray" if channels == 1 else None, vmin=0, vmax=1)
    figure.suptitle(title, fontsize=10)
    return figure
