"""What a file may ask for before it is refused: sizes, counts, ratios."""

from klayer.errors import InputError
from klayer.memory import available_bytes, in_gibibytes

MEBIBYTE = 1 << 20

MAX_ARRAY_BYTES = 16 << 30  # of the rows of one data set in memory
MAX_MEMBERS = 5_000_000  # files in one archive or folder
MAX_DEPTH = 32  # folders in folders
MAX_MEMBER_BYTES = 256 * MEBIBYTE  # of one picture or batch, unpacked
MAX_RATIO = 200  # unpacked to packed bytes, past FREE_BYTES
FREE_BYTES = 64 * MEBIBYTE  # so much may always be unpacked
MAX_PIXELS = 1 << 24  # of one picture
MAX_COLUMNS = 25_000  # of a .csv: each costs its reader several KiB beside what it holds
MAX_CLASSES = 10_000
MAX_LABEL_LENGTH = 200  # characters


def check_array_bytes(what: str, rows: int, row_bytes: int) -> None:
    """Refuse rows that would need more memory than a data set may take.

    Args:
        what: whose rows they are, for the sentence.
        rows: how many.
        row_bytes: bytes of each.

    Raises:
        InputError: they need more than `MAX_ARRAY_BYTES`, or than there is.

    Example:
        >>> check_array_bytes("a.zip", rows=60_000, row_bytes=3072)
    """
    available = available_bytes()
    most = MAX_ARRAY_BYTES if available is None else min(MAX_ARRAY_BYTES, available)
    if rows * row_bytes > most:
        raise InputError(
            f"a data set must fit in {in_gibibytes(most)} of memory, but {what} needs "
            f"{in_gibibytes(rows * row_bytes)} ({rows} rows of {row_bytes} bytes)"
        )


def check_unpacked(what: str, unpacked: int, packed: int, most: int = MAX_ARRAY_BYTES) -> None:
    """Refuse an archive that unpacks to far more than it is, or to more than fits.

    Args:
        what: the archive, for the sentence.
        unpacked: bytes after unpacking.
        packed: bytes of the archive.
        most: bytes that fit.

    Raises:
        InputError: `unpacked` is above `most`, or above both `FREE_BYTES` and `MAX_RATIO` times
            `packed`.

    Example:
        >>> check_unpacked("a.zip", unpacked=1000, packed=10)
    """
    if unpacked > min(most, max(FREE_BYTES, MAX_RATIO * packed)):
        raise InputError(
            f"an archive must unpack to at most {MAX_RATIO} times its size and "
            f"{MAX_ARRAY_BYTES >> 30} GiB, but {what} unpacks {packed} bytes to {unpacked}"
        )
