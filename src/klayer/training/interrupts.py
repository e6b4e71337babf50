"""Being asked to end: Ctrl-C and SIGTERM finish the call at hand, so that nothing is half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

REASONS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class Request:
    """Whether somebody asked this training to end.

    Attributes:
        reason: "interrupted" (Ctrl-C), "terminated" (SIGTERM), or None.
    """

    def __init__(self) -> None:
        self.reason: str | None = None


_open: list[Request] = []  # requests of those who heed, each within the one before


@contextmanager
def heeded() -> Iterator[Request]:
    """Take note of Ctrl-C and SIGTERM instead of dying of them; a second one is not held back.

    Who heeds within another begins with what that one was asked.

    Elsewhere than in the main thread, where Python delivers no signals, nothing changes.
    """
    request = Request()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def note(number: int, _frame: FrameType | None) -> None:
        if request.reason is not None:
            raise KeyboardInterrupt
        request.reason = REASONS[signal.Signals(number)]

    request.reason = _open[-1].reason if _open else None
    before = {number: signal.signal(number, note) for number in REASONS}
    _open.append(request)
    try:
        yield request
    finally:
        _open.pop()
        for number, handler in before.items():
            signal.signal(number, handler)
