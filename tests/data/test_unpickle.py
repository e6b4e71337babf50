"""Pickles: plain data is read, anything else is refused and never run."""

import contextlib
import os
import pickle
import pickletools
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klayer.data.unpickle import unpickle
from klayer.errors import InputError
from tests.data.makers import batches, python2_batch, python_batch


class Hostile:
    """Runs a command when it is unpickled as usual."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_batch_is_read_as_pickle_reads_it(protocol: int) -> None:
    rows, labels = batches(7)[0]
    content = python_batch(rows, labels, protocol)
    found = unpickle(content, "batch")
    expected = pickle.loads(content)
    assert np.array_equal(found.pop(b"data"), expected.pop(b"data"))
    assert found == expected


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_rows_stored_column_by_column_are_read_right(protocol: int) -> None:
    rows = np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    found = unpickle(pickle.dumps({b"data": rows}, protocol), "batch")
    assert np.array_equal(found[b"data"], rows)


def test_a_batch_of_python_2_is_read_as_pickle_reads_it() -> None:
    rows, labels = batches(7)[0]
    content = python2_batch(rows, labels)
    found, expected = unpickle(content, "batch"), pickle.loads(content, encoding="bytes")
    assert found[b"labels"] == expected[b"labels"] == labels
    assert np.array_equal(found[b"data"], rows)
    assert np.array_equal(expected[b"data"], rows)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_hostile_pickle_is_refused_and_not_run(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "mark"
    for thing in (
        Hostile(os.system, f"touch {mark}"),
        Hostile(eval, f"open({str(mark)!r}, 'w')"),
        Hostile(os.mkdir, str(mark)),
    ):
        content = pickle.dumps({b"data": thing}, protocol)
        with pytest.raises(InputError, match="plain data only, but batch names"):
            unpickle(content, "batch")
        assert not mark.exists()
    pickle.loads(content)
    assert mark.exists(), "the pickle was not hostile"


@pytest.mark.parametrize(
    "name", ["numpy\nload\n", "builtins\neval\n", "numpy.core.multiarray\nscalar\n", "os\nsystem\n"]
)
def test_a_name_beside_the_few_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="refused, and nothing of it was run"):
        unpickle(b"\x80\x02c" + name.encode() + b".", "batch")


@pytest.mark.parametrize("array", [np.zeros(2), np.array([{}]), np.zeros(2, "u1,u1")])
def test_arrays_of_other_types_are_refused(array: Any) -> None:
    with pytest.raises(InputError):
        unpickle(pickle.dumps({b"data": array}, 2), "batch")


def test_every_cut_of_a_batch_is_refused() -> None:
    content = python_batch(*batches(2)[0])
    for end in [*range(200), *range(200, len(content), 97)]:
        with pytest.raises(InputError):
            unpickle(content[:end], "batch")


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02Nr\xff\xff\xff\x7f.",  # a memo of 2³¹ places
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",  # 2⁶³ bytes
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",  # a frame as long
        b"\x80\x02X\xff\xff\xff\xff.",
        b"\x80\x02]" + b"K\x01q\x00" * 3 + b"(h\x00" * 100 + b".",
    ],
)
def test_nothing_is_allocated_that_the_file_does_not_hold(content: bytes) -> None:
    started = time.monotonic()
    with contextlib.suppress(InputError):
        unpickle(content, "batch")
    assert time.monotonic() - started < 1


def test_a_key_that_takes_ages_to_hash_is_refused_at_once() -> None:
    content = b"\x80\x02})" + b"q\x00h\x00\x86" * 200 + b"Ns."
    started = time.monotonic()
    with pytest.raises(InputError):
        unpickle(content, "batch")
    assert time.monotonic() - started < 1


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(InputError):
        unpickle(b"\x80\x02" + content + b".", "batch")


@given(place=st.integers(0, 700), value=st.integers(0, 255))
def test_a_batch_with_a_changed_byte_is_read_or_refused(place: int, value: int) -> None:
    content = bytearray(python_batch(*batches(3)[0]))
    content[-1 - place] = value
    with contextlib.suppress(InputError):
        unpickle(bytes(content), "batch")


def test_the_machine_knows_no_instruction_that_makes_objects_of_classes() -> None:
    from klayer.data.unpickle import _INSTRUCTIONS

    known = {op.name for op in pickletools.opcodes if ord(op.code) in _INSTRUCTIONS}
    assert known.isdisjoint(
        {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID"}
    )
    assert "pickle" not in vars(sys.modules["klayer.data.unpickle"])
