"""Pictures in class folders: CLASS/picture, or train/CLASS/picture and test/CLASS/picture.

The folder may be a zip. A row is a picture's planes, red, green and blue or grey alone, one after
another, each row after row, as CIFAR-10 has them.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from klayer.data import decoder
from klayer.data.dataset import Source
from klayer.data.decoding import ColourAmongGreysError, decode_all
from klayer.data.limits import check_array_bytes
from klayer.data.members import Members, open_members
from klayer.errors import InputError

SUFFIXES = {
    ".jpg", ".jpeg", ".png", ".bmp", ".gif", ".ppm", ".pgm", ".pbm", ".webp", ".tif", ".tiff",
}  # fmt: skip
LEVELS = (
    "class folders with pictures (CLASS/picture, or train/CLASS/picture and test/CLASS/picture)"
)


class Listed(NamedTuple):
    """What the names of the files say: pictures in order, their classes, where the test begins."""

    names: list[str]
    labels: list[str]
    training: int


def read_pictures(path: Path) -> Source:
    """Read a folder or zip of class folders with pictures.

    Args:
        path: of the folder or zip.

    Returns:
        X (n, height · width · channels) uint8, training rows first, each part in the order of
        the sorted names; labels are the folders' names; the test rows, where there is test/; the
        names of the files in the folder or zip.

    Raises:
        InputError: there are no such folders, or a picture is damaged or of another size.
    """
    with open_members(path) as members:
        listed = _listed(path, members.names)
        picture = _first_picture(members, listed.names[0])
        try:
            X = _decoded(members, listed.names, picture)
        except ColourAmongGreysError:
            picture = (*picture[:2], 3)
            X = _decoded(members, listed.names, picture)
    return Source(
        X,
        np.array(listed.labels),
        test=np.arange(listed.training, len(X)),
        picture=picture,
        files=tuple(listed.names),
    )


def _listed(path: Path, names: list[str]) -> Listed:
    """Find the pictures among the names, and their classes."""
    parts = [(name, name.split("/")) for name in names if is_picture(name)]
    tops = {part[0] for _, part in parts}
    wrapped = len(tops) == 1 and tops.isdisjoint({"train", "test"}) and len(parts[0][1]) > 2
    found: dict[str, list[tuple[str, str]]] = {"train": [], "test": [], "": []}
    for name, part in parts:
        match part[1:] if wrapped else part:
            case ("train" | "test" as top, label, _):
                found[top].append((name, label))
            case (label, _):
                found[""].append((name, label))
            case _:
                raise InputError(f"{path} must hold {LEVELS}, but it has {name!r}")
    if bool(found["train"]) == bool(found[""]):
        raise InputError(f"{path} must hold {LEVELS}, but it has {_what(found)}")
    training = found["train"] or found[""]
    unknown = {label for _, label in found["test"]} - {label for _, label in training}
    if unknown:
        raise InputError(
            f"every class in test/ must be in train/, but {path} has {min(unknown)!r} in test/ only"
        )
    pictures = training + found["test"]
    return Listed([n for n, _ in pictures], [c for _, c in pictures], len(training))


def _what(found: dict[str, list[tuple[str, str]]]) -> str:
    """Say which pictures were found, where they do not make a data set."""
    if found["train"]:
        return f"both train/ and {found[''][0][0]!r} beside it"
    return "test/ without train/" if found["test"] else "no pictures"


def is_picture(name: str) -> bool:
    """Return whether a file is a picture by its name, and not a hidden one.

    Example:
        >>> is_picture("cat/1.PNG"), is_picture("__MACOSX/1.png")
        (True, False)
    """
    hidden = name.startswith((".", "__MACOSX")) or "/." in name
    return not hidden and os.path.splitext(name)[1].lower() in SUFFIXES


def _first_picture(members: Members, name: str) -> tuple[int, int, int]:
    """Return (height, width, channels) of a picture."""
    try:
        image = decoder.open_picture(members.read(name))
        channels = 1 if decoder.is_grey(image) else 3
    except decoder.PictureError as error:
        raise InputError(
            f"every picture must be whole, but {members.path}: {name!r}: {error}"
        ) from error
    return image.size[1], image.size[0], channels


def _decoded(members: Members, names: list[str], picture: tuple[int, int, int]) -> np.ndarray:
    """Return the pictures as rows."""
    pixels = picture[0] * picture[1] * picture[2]
    check_array_bytes(str(members.path), len(names), pixels)
    X = np.empty((len(names), pixels), np.uint8)
    decode_all(
        X,
        lambda row: members.read(names[row]),
        picture,
        name=lambda row: f"{members.path}: {names[row]!r}",
    )
    return X
