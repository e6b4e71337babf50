"""Noise: as good as independent in every direction, and the same however it is asked for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from klayer.noise import bits, dropout_factors, key, mix, threshold
from klayer.randomness import noise_seed

N = 1 << 16
SEEDS = [0, 1, 2**32 - 1, noise_seed(0, 1, 0), noise_seed(0, 1, 1)]


def along(direction: str, seed: int) -> NDArray[np.uint32]:
    """Return bits (256, 256): the rows differ in what `direction` names by one, all else equal."""
    row, samples = np.arange(256)[:, None], 256
    if direction == "seed":
        return bits(np.uint32(seed) ^ row.astype(np.uint32), 3, 1, 0, samples)
    if direction == "unit":
        return bits(seed, 3, 1, row, samples)
    words = {"step": 3, "layer": 1}
    rows = [{**words, direction: i} for i in range(256)]
    return np.array([bits(seed, own["step"], own["layer"], 0, samples) for own in rows])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("direction", ["seed", "step", "layer", "unit"])
def test_neighbours_in_every_direction_are_uncorrelated(direction: str, seed: int) -> None:
    uniform = along(direction, seed) / 2**32 - 0.5
    assert abs(uniform.mean()) < 5 / np.sqrt(12 * N)
    scale = 12  # the variance of a uniform number is 1/12
    pairs = {
        "neighbouring rows": (uniform[1:], uniform[:-1]),
        "neighbouring samples": (uniform[:, 1:], uniform[:, :-1]),
        "both": (uniform[1:, 1:], uniform[:-1, :-1]),
    }
    for name, (one, other) in pairs.items():
        assert abs(scale * (one * other).mean()) < 5 / np.sqrt(one.size), name


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_whether_a_unit_is_dropped_tells_nothing_of_any_other(seed: int, rate: float) -> None:
    kept = bits(seed, 5, 2, np.arange(100)[:, None], 4096) >= threshold(rate)
    standard = (kept - (1 - rate)) / np.sqrt(rate * (1 - rate))
    correlations = standard @ standard.T / 4096
    own = np.diag(correlations)
    assert abs(own - 1).max() < 6 * abs(1 - 2 * rate) / np.sqrt(rate * (1 - rate) * 4096) + 1e-9
    others = correlations[np.triu_indices(100, 1)]  # 4,950 pairs
    assert abs(others).max() < 5.5 / np.sqrt(4096)
    assert np.sqrt((others**2).mean()) == pytest.approx(1 / np.sqrt(4096), rel=0.06)
    assert abs(standard.mean()) < 5 / np.sqrt(standard.size)


def test_every_one_of_the_32_bits_is_set_half_of_the_time() -> None:
    found = bits(9, 0, 1, np.arange(256)[:, None], 256)
    shares = [((found >> np.uint32(bit)) & np.uint32(1)).mean() for bit in range(32)]
    np.testing.assert_allclose(shares, 0.5, atol=5 / (2 * np.sqrt(N)))


def test_the_formula_is_what_its_description_says() -> None:
    def plain_mix(x: int) -> int:
        x ^= x >> 16
        x = x * 0x21F0AAAD % 2**32
        x ^= x >> 15
        x = x * 0x735A2D97 % 2**32
        return x ^ (x >> 15)

    def plain_key(*words: int) -> int:
        made = 0
        for word in words:
            made = plain_mix(((made ^ word) + 0x9E3779B9) % 2**32)
        return made

    for seed, step, layer, unit, sample in [(0, 0, 0, 0, 0), (2**32 - 1, 9000, 3, 511, 99)]:
        right = plain_mix(plain_key(seed, step, layer, unit) ^ sample)
        assert int(bits(seed, step, layer, unit, sample + 1)[sample]) == right
    assert int(key(1, 2, 3)) == plain_key(1, 2, 3)


def test_mixing_is_one_to_one() -> None:
    assert len(np.unique(mix(np.arange(1 << 20, dtype=np.uint32)))) == 1 << 20


def test_a_unit_s_noise_depends_on_neither_the_batch_s_size_nor_the_stack() -> None:
    seeds = np.array([5, 6, 7], np.uint32)
    whole = dropout_factors(seeds, 11, 2, (30, 100), 0.3, np.float32)
    part = dropout_factors(seeds[1:2], 11, 2, (10, 60), 0.3, np.float32)
    np.testing.assert_array_equal(part[0], whole[1, :10, :60], strict=True)


def test_factors_keep_the_mean_and_their_dtype() -> None:
    factors = dropout_factors(np.array([5], np.uint32), 0, 1, (256, 256), 0.2, np.float32)
    assert factors.dtype == np.float32
    assert set(np.unique(factors).tolist()) == {0.0, 1.25}
    assert factors.mean() == pytest.approx(1, abs=5 * np.sqrt(0.25 / N))
