"""Options that several commands share, and how lists in options are read."""

from pathlib import Path
from typing import Annotated, Any

import typer

from klayer.errors import InputError

SOURCE = (
    "digits, cifar10, or a path: a CIFAR-10 folder or .tar.gz, a folder or zip of class folders "
    "with pictures, a .npz with X and y, a .csv, .tsv or .parquet with --target."
)
Source = Annotated[str, typer.Argument(help=SOURCE)]
Target = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The column of labels in a table.")
]
Ignore = Annotated[
    str | None,
    typer.Option(metavar="COLUMNS", help="Columns of a table to leave out, such as id,date."),
]
Categorical = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMNS",
        help="Columns of a table whose numbers are codes: each becomes a feature.",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Where cifar10 lies; else $KLAYER_DATA, else the per-user cache."
    ),
]
Validation = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help="Rows of the validation set, or a share such as 0.1.",
        show_default="a fifth, at most 5000",
    ),
]
TestRows = Annotated[
    str | None,
    typer.Option(
        "--test",
        metavar="N",
        help="Rows of the test set, or a share, where the source has none.",
        show_default="a fifth, at most 5000",
    ),
]
Stratify = Annotated[
    bool, typer.Option("--stratify", help="Keep the shares of the classes in every set.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
EngineName = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="auto, native or reference.")
]
Threads = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Threads.", show_default="the allowed CPUs"),
]


def rows_or_share(option: str, text: str | None) -> int | float | None:
    """Read a number of rows ("5000") or a share of them ("0.1").

    Example:
        >>> rows_or_share("--test", "5000"), rows_or_share("--test", "0.1")
        (5000, 0.1)
    """
    if text is None:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise InputError(f"`{option}` must be a number of rows or a share, but got {text!r}")


def whole_numbers(option: str, text: str | None) -> list[int] | None:
    """Read whole numbers separated by commas; "none" is the empty list.

    Example:
        >>> whole_numbers("--hidden", "50,30"), whole_numbers("--hidden", "none")
        ([50, 30], [])
    """
    if text is None:
        return None
    if text.strip() in ("", "none"):
        return []
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"`{option}` must be whole numbers separated by commas, but got {text!r}"
        ) from error


def names(text: str | None) -> list[str]:
    """Read names separated by commas.

    Example:
        >>> names("id, date"), names(None)
        (['id', 'date'], [])
    """
    return [] if text is None else [part.strip() for part in text.split(",") if part.strip()]


def columns(ignore: str | None, categorical: str | None) -> dict[str, Any]:
    """Return the arguments of `load_data` for ``--ignore`` and ``--categorical``, where given.

    A column may have no name, as an index that pandas wrote.

    Example:
        >>> columns("id, date", None), columns("", "zone"), columns(None, None)
        ({'ignore': ['id', 'date']}, {'ignore': [''], 'categorical': ['zone']}, {})
    """
    given = {"ignore": ignore, "categorical": categorical}
    return {
        name: [part.strip() for part in text.split(",")]
        for name, text in given.items()
        if text is not None
    }


def numbers(option: str, text: str | None) -> list[float] | None:
    """Read numbers separated by commas.

    Example:
        >>> numbers("--lam", "1e-3,0.01")
        [0.001, 0.01]
    """
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"`{option}` must be numbers separated by commas, but got {text!r}"
        ) from error


def points(option: str, text: str | None) -> list[tuple[int, float]] | None:
    """Read pairs of a step and a number.

    Example:
        >>> points("--waypoints", "0:0,100:1,900:0.1")
        [(0, 0.0), (100, 1.0), (900, 0.1)]
    """
    if text is None:
        return None
    try:
        pairs = (part.split(":") for part in text.split(","))
        return [(int(step), float(height)) for step, height in pairs]
    except ValueError as error:
        raise InputError(
            f"`{option}` must be pairs of a step and a number such as 0:0,100:1, but got {text!r}"
        ) from error


def numbers_or_he(option: str, text: str | None) -> list[float | None] | None:
    """Read standard deviations of initial weights, "he" among them for He's.

    Example:
        >>> numbers_or_he("--sigma", "he,0.001")
        [None, 0.001]
    """
    if text is None:
        return None
    found: list[float | None] = []
    for part in text.split(","):
        found += [None] if part.strip().lower() == "he" else numbers(option, part) or []
    return found
