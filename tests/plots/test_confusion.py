"""The picture of a confusion matrix: names that are long, many, or look like mathematics."""

import numpy as np
import pytest

from klayer.plots.confusion import draw_confusion


@pytest.mark.parametrize("classes", [3, 20, 60])
def test_every_class_is_named_as_it_is(classes: int) -> None:
    names = ("$a$", "x\ny", "n" * 60, *(f"class {k}" for k in range(3, classes)))
    figure = draw_confusion(np.eye(classes, dtype=int), names, "test")
    [panel] = figure.axes
    labels = panel.get_yticklabels()
    assert [label.get_text() for label in labels[:2]] == ["$a$", "x y"]
    assert labels[2].get_text() == "n" * 23 + "…"
    assert len(labels) == classes
    assert not any(label.get_parse_math() for label in labels)
    figure.draw_without_rendering()
    one, two = (labels[k].get_window_extent() for k in (0, 1))
    assert min(one.y1, two.y1) <= max(one.y0, two.y0)  # they do not overlap


def test_places_stand_for_classes_that_are_too_many_to_name() -> None:
    figure = draw_confusion(np.eye(200, dtype=int), tuple(map(str, range(200))), "test")
    assert figure.axes[0].get_xlabel() == "predicted class, by its place among all, from 0"
