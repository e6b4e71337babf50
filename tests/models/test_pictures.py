"""Models of pictures take pictures, and say how rows of them are ordered."""

from dataclasses import replace

import numpy as np
import pytest

from klayer import load_data
from klayer.architecture import Architecture
from klayer.errors import InputError
from klayer.training import Plan, fit
from tests.models.made import made_model


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_answered_as_the_rows_that_they_become(channels: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (40, 4, 5, channels), np.uint8)
    data = load_data((pictures, ["a", "b"] * 20))
    model = fit(data, Plan(hidden=(6,), step_size=4, cycles=1, batch_size=8)).model
    expected = model.predict_proba(data.samples.X)
    assert np.array_equal(model.predict_proba(pictures), expected)
    if channels == 1:
        assert np.array_equal(model.predict_proba(pictures[..., 0]), expected)
    with pytest.warns(UserWarning, match="all numbers of X are at most 1"):
        model.predict(data.samples.X / 255)


def test_other_shapes_are_refused_with_the_order_of_the_numbers() -> None:
    model = replace(made_model(Architecture(60, (5,), 2)), picture=(4, 5, 3))
    for shape in ((1, 5, 4, 3), (4, 5, 3), (1, 59)):
        with pytest.raises(
            InputError,
            match=r"\(n, 60\), one colour's plane after another, or be pictures of bytes "
            r"\(n, 4, 5, 3\), but got",
        ):
            model.predict(np.zeros(shape, np.uint8))
