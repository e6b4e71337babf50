"""What a reader needs to trust a figure, or to make it again."""

from collections.abc import Sequence
from dataclasses import dataclass

from klayer.studies.machine import hardware
from klayer.training.identity import versions


@dataclass(frozen=True)
class Evidence:
    """Where the figures of a page come from.

    Attributes:
        command: the exact command line.
        data: the source and the beginning of its fingerprint.
        seeds: of the trainings.
        engine: which engine computed, and in which type of numbers.
        seconds: spent computing, all sittings together.
        peak_memory: the process's largest resident set, in bytes.
        hardware: processor, cores and memory in words.
        versions: of klayer and what it depends on.
    """

    command: str
    data: str
    seeds: tuple[int, ...]
    engine: str
    seconds: float
    peak_memory: int
    hardware: str
    versions: tuple[str, ...]

    def lines(self) -> list[tuple[str, str]]:
        """Return name and value of everything, in words."""
        return [
            ("command", self.command),
            ("data", self.data),
            ("seeds", ", ".join(map(str, self.seeds))),
            ("engine", self.engine),
            ("time", f"{_time(self.seconds)} of computing"),
            ("peak memory", f"{self.peak_memory / 2**20:,.0f} MiB"),
            ("hardware", self.hardware),
            ("versions", ", ".join(self.versions)),
        ]


def _time(seconds: float) -> str:
    """Return a time in words, in minutes where it is one or more."""
    return f"{seconds:.1f} seconds" if seconds < 60 else f"{seconds / 60:.1f} minutes"


def evidence_of(
    command: Sequence[str],
    data: str,
    seeds: Sequence[int],
    engine: str,
    seconds: float,
    peak_memory: int,
) -> Evidence:
    """Return the evidence of figures that were computed on this machine.

    Args:
        command: the arguments after the program's name.
        data: the source in words.
        seeds: of the trainings.
        engine: which engine computed, and in which type of numbers.
        seconds: spent computing.
        peak_memory: in bytes.

    Example:
        >>> evidence_of(["train", "my data.csv"], "digits", [0], "reference", 1.0, 0).command
        "klayer train 'my data.csv'"
    """
    from shlex import join

    return Evidence(
        command=join(["klayer", *command]),
        data=data,
        seeds=tuple(seeds),
        engine=engine,
        seconds=seconds,
        peak_memory=peak_memory,
        hardware=hardware(),
        versions=tuple(f"{name} {version}" for name, version in versions().items()),
    )
