"""The progress bar of a download, on a terminal only."""

from klayer.cli.bars import Bar


class DownloadBar(Bar):
    """Shows how far a download is; pooch calls its methods."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self.total = 0
        super().__init__(
            TextColumn("fetching"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )

    def update(self, size: int) -> None:
        """Take note of so many more bytes."""
        self.show(advance=size, total=self.total or None)

    def reset(self) -> None:
        """Begin again at 0."""
        self._progress.reset(self._task)

    def close(self) -> None:
        """The download is complete."""
