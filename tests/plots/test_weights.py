"""The picture of the first layer: every unit's weights where they belong, on their own scale."""

import numpy as np

from klayer.plots import draw_weights


def test_each_unit_has_its_place_its_colours_and_its_own_scale() -> None:
    W = np.zeros((12, 2 * 3 * 3))
    W[10] = np.arange(-9, 9)  # the eleventh: the first of the second line
    W[11, 0] = 1e-6
    figure = draw_weights(W, picture=(2, 3, 3), title="twelve units")
    image = np.asarray(figure.axes[0].get_images()[0].get_array())
    assert image.shape == (2 * 2 + 1, 10 * 3 + 9, 3)
    expected = 0.5 + np.arange(-9, 9).reshape(3, 2, 3).transpose(1, 2, 0) / 18
    np.testing.assert_allclose(image[3:5, 0:3], expected)
    np.testing.assert_allclose(image[3, 4], [1, 0.5, 0.5])
    np.testing.assert_allclose(image[0:2, 0:3], 0.5)
    assert np.all(image[:, 3] == 1)
    assert np.all(image[2] == 1)


def test_grey_pictures_are_grey_and_at_most_a_hundred_are_drawn() -> None:
    W = np.random.default_rng(0).standard_normal((101, 4))
    figure = draw_weights(W, picture=(2, 2, 1), title="many")
    image = np.asarray(figure.axes[0].get_images()[0].get_array())
    assert image.shape == (10 * 2 + 9, 10 * 2 + 9, 3)
    assert np.all(image == image[:, :, :1])
