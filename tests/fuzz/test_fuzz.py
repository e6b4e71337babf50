"""Every reader, fed edited files: nothing but klayer's own errors, in bounded time and memory."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import reading
from tests.fuzz.edits import KINDS, Edit, edited, edits
from tests.fuzz.inside import in_json
from tests.fuzz.reading import FailureError, made, read
from tests.fuzz.targets import TARGETS, Target

ONCE_FAILED = Path(__file__).parent / "once_failed"
BY_NAME = {target.name: target for target in TARGETS}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_seeds_are_accepted(target: Target, tmp_path: Path) -> None:
    for content in target.seeds():
        if target.name != "identity" or b"engine" in content:
            assert read(target, content, tmp_path)


def drawn(count: int) -> settings:
    """Draw so many inputs, however long one takes."""
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.parametrize(
    "target", [target for target in TARGETS if target.name != "parquet"], ids=lambda t: t.name
)
@given(seed=st.integers(0, 255), changes=edits(), repair=st.booleans())
@drawn(60)
def test_an_edited_file_is_read_or_refused(
    target: Target, tmp_path: Path, seed: int, changes: list[Edit], repair: bool
) -> None:
    read(target, made(target, seed, changes, repair), tmp_path)


@given(seed=st.integers(0, 255), changes=edits())
@drawn(6)
def test_an_edited_parquet_is_read_or_refused(
    tmp_path: Path, seed: int, changes: list[Edit]
) -> None:
    """Few, since a process of its own reads each first."""
    target = BY_NAME["parquet"]
    read(target, made(target, seed, changes, repair=False), tmp_path)


@pytest.mark.parametrize("path", sorted(ONCE_FAILED.iterdir()), ids=lambda path: path.name)
def test_an_input_that_once_failed_does_not_any_more(path: Path, tmp_path: Path) -> None:
    """A file's name is its target's, a dash, and whatever tells it from others."""
    name, _, _ = path.name.rpartition("-")
    read(BY_NAME[name], path.read_bytes(), tmp_path)


def _raises(_content: bytes, _folder: Path) -> None:
    raise KeyError(_content)


def _spins(_content: bytes, _folder: Path) -> None:
    end = time.process_time() + 0.7
    while time.process_time() < end:
        pass


def _swells(_content: bytes, _folder: Path) -> None:
    b"\1" * (400 << 20)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [(_raises, "KeyError"), (_spins, "it took .* s"), (_swells, "it took .* MiB")],
)
def test_a_reader_that_breaks_a_promise_is_found(
    mistake: object, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SECONDS", 0.5)
    planted = Target("planted", lambda: [b""], mistake)  # type: ignore[arg-type]
    with pytest.raises(FailureError, match=words):
        read(planted, b"", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_edits_make_the_same_bytes_and_every_kind_changes_something(kind: str) -> None:
    seed, *others = BY_NAME["identity"].seeds()
    changes = [Edit(kind, 30000, 5, 777)]
    one, again = (edited(seed, changes, others, (b"x",), in_json) for _ in range(2))
    assert one == again != seed


@pytest.mark.parametrize("name", ["zip", "npz", "model", "checkpoint", "plan", "csv"])
def test_edits_inside_leave_the_format_whole(name: str, tmp_path: Path) -> None:
    """Most are refused for what they say, not because the file cannot be opened."""
    target = BY_NAME[name]
    accepted = 0
    for place in range(40):
        content = made(target, place, [Edit("inside", 1000 * place, place, place)], repair=True)
        accepted += read(target, content, tmp_path)
    assert accepted >= 2
