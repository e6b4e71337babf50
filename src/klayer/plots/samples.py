"""A labelled grid of samples: a line for each class, as many pictures of it as fit."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.architecture import Array
from klayer.data import Data
from klayer.errors import InputError
from klayer.plots.style import new_figure
from klayer.randomness import Stream, generator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 10
MOST_CLASSES = 20
CELL = 0.62  # inches
MARGINS: dict[str, Any] = {
    "w_pad": 0.015, "h_pad": 0.015, "hspace": 0, "wspace": 0, "rect": (0.01, 0.01, 0.98, 0.98),
}  # fmt: skip


def draw_samples(data: Data, split: str = "training", seed: int = 0) -> "Figure":
    """Draw samples of every class, chosen at random from one of the sets.

    Args:
        data: whose rows are pictures.
        split: "training", "validation" or "test".
        seed: of the choice.

    Returns:
        A figure with a line for each of at most 20 classes and ten pictures in each.

    Raises:
        InputError: the rows are not pictures.
    """
    if data.picture is None:
        raise InputError(f"samples can be drawn where rows are pictures, but {data.name} has none")
    rows, y = data.rows(split), data.samples.y
    rng = generator(seed, Stream.SAMPLE)
    classes = min(data.classes, MOST_CLASSES)
    chosen = [rng.permutation(rows[y[rows] == label])[:COLUMNS] for label in range(classes)]
    names = [_short(name) for name in data.class_names[:classes]]
    margin = 0.35 + 0.075 * max(map(len, names))
    figure = new_figure(margin + CELL * COLUMNS, CELL * classes + 0.6)
    panels = figure.subplots(
        classes, COLUMNS, squeeze=False, gridspec_kw={"hspace": 0, "wspace": 0}
    )
    brightest = _brightest(data.samples.X, np.concatenate(chosen))
    for line, name, found in zip(panels, names, chosen, strict=True):
        _draw_line(line, name, data.samples.X[found], data.picture, brightest)
    figure.set_layout_engine("constrained", **MARGINS)
    shown = "" if classes == data.classes else f" (the first {classes} of {data.classes} classes)"
    figure.suptitle(f"{Path(data.name).name}: {split} set{shown}", fontsize=11)
    return figure


def _draw_line(
    line: Any, name: str, rows: Array, picture: tuple[int, int, int], brightest: float
) -> None:
    """Draw the pictures of one class, its name to the left."""
    height, width, channels = picture
    for panel in line:
        panel.set_axis_off()
    line[0].text(-0.18, 0.5, name, transform=line[0].transAxes, ha="right", va="center", fontsize=9)
    for panel, row in zip(line, rows, strict=False):
        image = row.reshape(channels, height, width).transpose(1, 2, 0) / brightest
        panel.imshow(image.squeeze(), cmap="gray" if channels == 1 else None, vmin=0, vmax=1)


def _brightest(X: Array, rows: Any) -> float:
    """Return the value drawn as full intensity: 255, or the largest where all are far below it."""
    largest = float(X[rows].max())
    return 255.0 if largest > 64 else max(largest, 1.0)


def _short(name: str) -> str:
    return name if len(name) <= 16 else name[:15] + "…"
