"""The progress bar of a download, on a terminal only."""

from types import TracebackType
from typing import Self

from klayer.cli.console import words


class DownloadBar:
    """Shows how far a download is; pooch calls its methods."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        console = words()
        self.total = 0
        self._progress = Progress(
            TextColumn("fetching"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def update(self, size: int) -> None:
        """Take note of so many more bytes."""
        self._progress.update(self._task, advance=size, total=self.total or None)

    def reset(self) -> None:
        """Begin again at 0."""
        self._progress.reset(self._task)

    def close(self) -> None:
        """The download is complete."""
