"""The first layer's weights as pictures, where inputs are pictures."""

from typing import TYPE_CHECKING

import numpy as np

from klayer.architecture import Array
from klayer.plots.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST, COLUMNS = 100, 10
GAP = 1 / 8  # between two pictures, of their size


def draw_weights(W: Array, picture: tuple[int, int, int], title: str) -> "Figure":
    """Draw every row of the first layer as the picture that its unit looks for.

    Args:
        W: W_1, (m_1, d); at most the first 100 rows are drawn.
        picture: (height, width, channels), d = height · width · channels, plane after plane.
        title: what was trained.

    Returns:
        A figure of one panel; grey is a weight of zero, each picture on its own scale.

    Example:
        >>> figure = draw_weights(np.eye(4), picture=(2, 2, 1), title="four units")
        >>> figure.axes[0].get_images()[0].get_array().shape
        (2, 11, 3)
    """
    height, width, channels = picture
    rows = W[:MOST]
    scale = np.abs(rows).max(axis=1, keepdims=True)
    shown = 0.5 + rows / (2 * np.where(scale > 0, scale, 1))
    pictures = shown.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    image = _side_by_side(np.broadcast_to(pictures, (len(rows), height, width, 3)))
    inches = 0.8 / (width + _gap(width))
    figure = new_figure(inches * image.shape[1] + 0.2, inches * image.shape[0] + 0.5)
    panel = figure.add_subplot()
    panel.axis("off")
    panel.imshow(image, interpolation="nearest")
    figure.suptitle(title, fontsize=10)
    return figure


def _gap(size: int) -> int:
    return max(1, round(GAP * size))


def _side_by_side(pictures: Array) -> Array:
    """Return pictures, (n, height, width, 3), as one, line after line on white."""
    n, height, width, _ = pictures.shape
    columns = min(COLUMNS, n)
    lines = -(-n // columns)
    down, across = height + _gap(height), width + _gap(width)
    image = np.ones((lines * down - _gap(height), columns * across - _gap(width), 3))
    for place, each in enumerate(pictures):
        top, left = place // columns * down, place % columns * across
        image[top : top + height, left : left + width] = each
    return image
