"""Pictures moved at random: what they become, how often, and that it can be said again."""

import numpy as np
import pytest

from klayer.architecture import Array
from klayer.augmentation import Augmentation

HEIGHT, WIDTH, CHANNELS = PICTURE = (5, 7, 3)
SIZE = HEIGHT * WIDTH * CHANNELS


def pictures(n: int) -> Array:
    """Return n times one picture without two equal pixels in a plane."""
    one = np.random.default_rng(0).permutation(SIZE).astype(np.uint8)
    return np.tile(one, (n, 1))


def moves(moved: Array, n: int, shift: int) -> list[tuple[bool, int, int]]:
    """Return how each picture was moved, by trying every way; each must be one of them."""
    original = pictures(1).reshape(CHANNELS, HEIGHT, WIDTH)
    ways = {
        np.roll(original[:, :, ::-1] if flip else original, (down, right), (1, 2)).tobytes(): (
            flip,
            down,
            right,
        )
        for flip in (False, True)
        for down in range(-shift, shift + 1)
        for right in range(-shift, shift + 1)
    }
    return [ways[picture.tobytes()] for picture in moved.reshape(n, CHANNELS, HEIGHT, WIDTH)]


def test_every_move_is_a_flip_and_a_roll_and_all_are_equally_likely() -> None:
    n, shift = 20_000, 2
    moved = Augmentation(PICTURE, flip=True, shift=shift, seed=3)(pictures(n), step=4)
    found = moves(moved, n, shift)
    counts = np.array([found.count(way) for way in set(found)])
    assert len(counts) == 2 * 5 * 5
    expected = n / len(counts)
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < 49 + 5 * np.sqrt(2 * 49)


@pytest.mark.parametrize(("flip", "shift"), [(True, 0), (False, 1)])
def test_what_is_not_asked_for_does_not_happen(flip: bool, shift: int) -> None:
    found = moves(Augmentation(PICTURE, flip, shift, seed=1)(pictures(300), step=0), 300, shift)
    assert {mirrored for mirrored, _, _ in found} == ({False, True} if flip else {False})


def test_a_move_depends_on_seed_step_and_position_alone() -> None:
    X = pictures(200)
    moved = Augmentation(PICTURE, True, 2, seed=8)
    np.testing.assert_array_equal(moved(X[:50], step=6), moved(X, step=6)[:50])
    assert (moved(X, step=6) != moved(X, step=7)).any()
    assert (moved(X, step=6) != Augmentation(PICTURE, True, 2, seed=9)(X, step=6)).any()
