"""How much memory this process can still take: what cannot fit is refused before it starts."""

from collections.abc import Iterator
from pathlib import Path

GIBIBYTE = 1 << 30
SYSTEM = Path("/proc/meminfo")
OWN_GROUPS = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


def available_bytes() -> int | None:
    """Return the bytes that can still be had: the system's, or this container's if they are fewer.

    It is None where no one can say.

    Example:
        >>> found = available_bytes()
        >>> found is None or found > 0
        True
    """
    return min([*_of_system(), *_of_groups()], default=None)


def in_gibibytes(size: int) -> str:
    """Return a number of bytes in words.

    Example:
        >>> in_gibibytes(3 << 29)
        '1.5 GiB'
    """
    return f"{size / GIBIBYTE:.3g} GiB"


def _of_system() -> Iterator[int]:
    """Yield what the kernel says that programs can have without swapping."""
    for line in _lines(SYSTEM):
        if line.startswith("MemAvailable:"):
            yield 1024 * int(line.split()[1])


def _of_groups() -> Iterator[int]:
    """Yield what the limits of this process's control groups, version 1 or 2, leave to it."""
    for line in _lines(OWN_GROUPS):
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            top, names = GROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        elif not controllers:
            top, names = GROUPS, ("memory.max", "memory.current")
        else:
            continue
        for group in (top / path[1:], *(top / path[1:]).parents):
            most, used = (_number(group / name) for name in names)
            if most is not None and used is not None:
                yield max(0, most - used + _files(group))


def _files(group: Path) -> int:
    """Return the bytes of files in a group's count, which the kernel gives up when asked to."""
    counts = dict(line.split() for line in _lines(group / "memory.stat"))
    return int(counts.get("total_inactive_file", counts.get("inactive_file", 0)))


def _number(path: Path) -> int | None:
    """Return the number in a file; None where there is none, such as the word max."""
    lines = _lines(path)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, none where it cannot be read."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
