"""What the progress bars share: shown on a terminal only, and taken away whatever happens."""

from types import TracebackType
from typing import Any, Self

from klayer.cli.console import words


class Bar:
    """A progress bar with one task, as a context manager; quiet elsewhere than on a terminal.

    Args:
        *columns: of rich's Progress.
        settings: further arguments of rich's Progress.
        fields: of the task, for the columns to show.
    """

    def __init__(
        self,
        *columns: Any,
        settings: dict[str, Any] | None = None,
        fields: dict[str, Any] | None = None,
    ) -> None:
        from rich.progress import Progress

        self.console = words()
        self._progress = Progress(
            *columns,
            console=self.console,
            disable=not self.console.is_terminal,
            transient=True,
            **(settings or {}),
        )
        self._task = self._progress.add_task("", total=None, **(fields or {}))

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

    def show(self, **fields: Any) -> None:
        """Change what the bar shows: completed, total, or a field of its columns."""
        self._progress.update(self._task, **fields)
