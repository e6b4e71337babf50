"""What cannot fit in memory is refused before it starts; threads, forks and older processors."""

import pytest

from klayer import InputError, Plan, fit, load_data
from klayer.data import Data
from klayer.engines import available_engines
from klayer.training import room
from tests.faults.runs import write_rows

SHORT = Plan(hidden=(16, 8), batch_norm=True, steps=60, step_size=30, batch_size=20)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return load_data(write_rows(tmp_path_factory.mktemp("rows") / "rows.npz"))


@pytest.mark.parametrize("engine", available_engines())
@pytest.mark.parametrize("depth", [1, 9])
def test_a_stack_that_cannot_fit_says_what_it_needs_and_what_there_is(
    data: Data, engine: str, depth: int
) -> None:
    with pytest.raises(
        InputError,
        match=r"needs about .* GiB \(10000 networks of \d+ numbers: .* GiB; a mini-batch of \d+ rows: .*"
        r" GiB\) and there are .* GiB; use fewer `networks`, narrower `hidden` or a smaller",
    ):
        fit(data, Plan(hidden=(100_000,) * depth, networks=10_000), engine=engine)


def test_a_batch_that_cannot_fit_is_refused(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available_bytes", lambda: 1 << 20)
    fit(data, Plan(hidden=(50,), steps=2, batch_size=10))
    with pytest.raises(
        InputError, match=r"a mini-batch of 256 rows: .* and there are 0.000977 GiB"
    ):
        fit(data, Plan(hidden=(500,), steps=2, batch_size=300))
