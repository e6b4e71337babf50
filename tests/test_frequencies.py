"""Frequencies of pictures: the cosine transform of SciPy, orthonormal, and back to pixels."""

import numpy as np
import pytest
from scipy.fft import dctn

from klayer.frequencies import COLOURS, Frequencies
from klayer.samples import Samples, standardisation


def pictures(n: int, shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    height, width, channels = shape
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, channels * height * width), np.uint8)


@pytest.mark.parametrize(("shape", "radius"), [((8, 6, 3), 4), ((5, 7, 1), 3), ((4, 4, 2), 9)])
def test_they_are_scipys_transform_within_the_radius(
    shape: tuple[int, int, int], radius: int
) -> None:
    height, width, channels = shape
    X = pictures(3, shape)
    planes = X.reshape(-1, channels, height, width).astype(float)
    mixed = np.einsum("ck,nkyx->ncyx", COLOURS, planes) if channels == 3 else planes
    whole = dctn(mixed, axes=(2, 3), norm="ortho")
    u, v = np.indices((height, width))
    inside = np.stack(
        [
            u**2 + v**2 < (radius / 2 if channels == 3 and c else radius) ** 2
            for c in range(channels)
        ]
    )
    low = Frequencies(shape, radius)
    assert low.size == inside.sum()
    np.testing.assert_allclose(low(X), whole[:, inside], rtol=0, atol=1e-10)
    np.testing.assert_allclose(low(X, np.float32), whole[:, inside], rtol=0, atol=1e-3)


@pytest.mark.parametrize("shape", [(8, 6, 3), (5, 7, 1)])
def test_the_map_is_orthonormal_and_its_transpose_leads_back(shape: tuple[int, int, int]) -> None:
    low = Frequencies(shape, 4)
    B = low.pixel_weights(np.eye(low.size))
    np.testing.assert_allclose(B @ B.T, np.eye(low.size), atol=1e-14)
    X = pictures(4, shape)
    np.testing.assert_allclose(low(X), X @ B.T, atol=1e-10)
    assert low.pixel_weights(np.ones((2, 3, low.size), np.float32)).shape == (2, 3, X.shape[1])


def test_all_frequencies_of_a_picture_give_it_back() -> None:
    shape = (6, 5, 3)
    low = Frequencies(shape, 100)
    X = pictures(4, shape)
    assert low.size == X.shape[1]
    np.testing.assert_allclose(low.pixel_weights(low(X)), X, atol=1e-10)


def test_mean_and_spread_are_those_of_the_training_rows_frequencies() -> None:
    shape = (6, 5, 3)
    low, X, rows = Frequencies(shape, 4), pictures(50, shape), np.arange(5, 45)
    X[:, :] //= 2
    X[:, 0] = 7  # one pixel that never changes changes nothing
    mean, inverse_std = standardisation(X, rows, low)
    np.testing.assert_allclose(mean, low(X[rows]).mean(axis=0), rtol=1e-12, atol=1e-10)
    spread = low(X[rows]).std(axis=0)
    np.testing.assert_allclose(inverse_std, 1 / np.sqrt(spread * spread.mean()), rtol=1e-5)
    samples = Samples(X, np.zeros(50, int), mean, inverse_std, frequencies=low)
    seen = samples.gather(rows, np.float64)
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((seen**2).mean(), 1, rtol=1e-5)


def test_of_pictures_that_are_all_alike_nothing_is_left() -> None:
    shape = (6, 5, 3)
    X = np.repeat(pictures(1, shape), 10, axis=0)
    _, inverse_std = standardisation(X, np.arange(10), Frequencies(shape, 4))
    assert (inverse_std == 0).all()
