"""Edits of bytes: what a fuzzer does to a small real file. The same edits give the same bytes.

They are drawn by Hypothesis, which finds the smallest ones that fail, or by a plain generator,
which is faster.
"""

import random
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

KINDS = (
    "flip", "byte", "whole", "cut", "drop", "repeat", "insert", "splice", "token", "swap", "inside",
)  # fmt: skip
Inside = Callable[[bytes, "Edit"], bytes]
LARGEST = 1 << 20  # bytes of an edited file
WHOLES = (0, 1, 2, 7, 127, 128, 255, 256, 32767, 65535, 65536, 1 << 20, (1 << 31) - 1, 1 << 31,
          (1 << 32) - 1, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)  # fmt: skip
FORMATS = ("<B", "<H", ">H", "<I", ">I", "<Q", ">Q")


class Edit(NamedTuple):
    """One change.

    Attributes:
        kind: of `KINDS`.
        place: where, as a share of the length, in 2⁻¹⁶.
        size: how much, in bytes.
        value: what, as the kind takes it.
    """

    kind: str
    place: int
    size: int
    value: int


def edits() -> st.SearchStrategy[list[Edit]]:
    """Draw some edits."""
    one = st.builds(
        Edit,
        st.sampled_from(KINDS),
        st.integers(0, 65535),
        st.integers(1, 64),
        st.integers(0, 65535),
    )
    return st.lists(one, min_size=1, max_size=6)


def random_edits(rng: random.Random, inside: bool = False) -> list[Edit]:
    """Draw some edits, quickly; if there are edits inside, half of the time only these."""
    count, whole = 1 + int(rng.expovariate(0.5)), inside and rng.random() < 0.5
    return [
        Edit(
            "inside" if whole else KINDS[int(rng.random() * len(KINDS))],
            rng.getrandbits(16),
            1 + int(rng.expovariate(0.1)),
            rng.getrandbits(16),
        )
        for _ in range(count)
    ]


def edited(
    content: bytes,
    changes: Sequence[Edit],
    others: Sequence[bytes] = (),
    tokens: Sequence[bytes] = (),
    inside: Inside | None = None,
) -> bytes:
    """Return the content after some edits.

    Args:
        content: of a real file.
        changes: one after another.
        others: files of the same kind, to splice parts of.
        tokens: words that the format knows, to insert.
        inside: edits what the format holds, and leaves the format whole.
    """
    for change in changes:
        if change.kind == "inside":
            content = inside(content, change) if inside else content
        else:
            content = _one(bytearray(content), change, others, tokens)
        content = content[:LARGEST]
    return content


def _one(  # noqa: C901  a list of kinds
    found: bytearray, change: Edit, others: Sequence[bytes], tokens: Sequence[bytes]
) -> bytes:
    kind, place, size, value = change
    at = place * len(found) >> 16
    end = min(len(found), at + size)
    match kind:
        case "flip" if found:
            found[at] ^= 1 << value % 8
        case "byte" if found:
            found[at] = value & 255
        case "whole":
            form = FORMATS[size % len(FORMATS)]
            number = WHOLES[value % len(WHOLES)] & ((1 << 8 * struct.calcsize(form)) - 1)
            found[at : at + struct.calcsize(form)] = struct.pack(form, number)
        case "cut":
            del found[at:]
        case "drop":
            del found[at:end]
        case "repeat":
            found[at:at] = found[at:end] * (1 + value % 40)
        case "insert":
            found[at:at] = bytes([value & 255]) * size
        case "splice" if others:
            other = others[value % len(others)]
            start = value * len(other) >> 16
            found[at:end] = other[start : start + size * 4]
        case "token" if tokens:
            found[at : at + value % 2 * size] = tokens[value // 2 % len(tokens)]
        case "swap":
            other_place = value * len(found) >> 16
            part = found[other_place : other_place + size]
            found[at : at + len(part)] = part
        case _:
            pass
    return bytes(found)
