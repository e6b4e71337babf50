"""Edits of what a format holds, so that the format itself stays whole: JSON's values, members."""

import io
import json
import random
import warnings
import zipfile
from functools import cache
from typing import Any

from tests.fuzz.edits import Edit, edited, random_edits

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 0.5, -0.5, 1e-320, 1e308, 10**30, -(10**30), float("nan"), float("inf"),
    "", "x", "float32", "float64", "cosine", "\ud800", "\0", "9" * 5000, [], {}, [[]], [None], [0], [1, 2, 3],
    ["a", "b"], {"a": 1}, [1e308] * 3, [-1], [2**63], [3] * 100_000, 2**31, 2**63, 2**64, 100_000,
)  # fmt: skip

NAMES = ("../{}", "/{}", "{}/", "", "{0}{0}", "a/b/c/d/{}", "train/{}", "x" * 999, "{}.png")


def in_json(content: bytes, change: Edit) -> bytes:
    """Return JSON with one value replaced, removed or given another name."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return content
    places = list(_places(found, ()))
    if not places:
        return json.dumps(VALUES[change.value % len(VALUES)]).encode()
    *path, last = places[change.place % len(places)]
    holder = found
    for key in path:
        holder = holder[key]
    match change.size % 8:
        case 0:
            del holder[last]
        case 1 if isinstance(holder, dict):
            holder[f"{last}x"] = holder.pop(last)
        case 2 if isinstance(holder, list):
            holder.append(holder[last])
        case _:
            holder[last] = VALUES[change.value % len(VALUES)]
    return json.dumps(found).encode()


def in_safetensors(content: bytes, change: Edit) -> bytes:
    """Return safetensors with a value of its header, or of klayer's text in it, replaced."""
    size = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + size])
        if change.size % 5:
            text = in_json(header["__metadata__"]["klayer"].encode(), change)
            header["__metadata__"]["klayer"] = text.decode()
            changed = json.dumps(header).encode()
        else:
            changed = in_json(content[8 : 8 + size], change)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return content
    changed += b" " * (-len(changed) % 8)
    return len(changed).to_bytes(8, "little") + changed + content[8 + size :]


def in_zip(content: bytes, change: Edit) -> bytes:
    """Return a zip with the content or the name of one member edited."""
    rng = random.Random(repr(change))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(info, archive.read(info)) for info in archive.infolist()]
        chosen = change.place % len(members)
        made = io.BytesIO()
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(made, "w") as archive:
            for place, (info, whole) in enumerate(members):
                name, inner = info.filename, whole
                if place == chosen and change.size % 4:
                    inner = edited(whole, random_edits(rng))
                elif place == chosen:
                    name = rng.choice([form.format(name) for form in NAMES])
                archive.writestr(zipfile.ZipInfo(name), inner, info.compress_type)
    except Exception:  # what cannot be opened stays as it is
        return content
    return made.getvalue()


def in_csv(content: bytes, change: Edit) -> bytes:
    """Return CSV with one cell replaced."""
    lines = [line.split(b",") for line in content.split(b"\n")]
    cells = lines[change.place % len(lines)]
    cells[change.size % len(cells)] = _word(change.value % len(VALUES))
    return b"\n".join(b",".join(line) for line in lines)


@cache
def _word(place: int) -> bytes:
    """Return one of VALUES as JSON."""
    return json.dumps(VALUES[place]).encode()


def _places(value: Any, path: tuple[Any, ...]) -> Any:
    """Yield the path of every value in JSON."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value[:20])
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))
