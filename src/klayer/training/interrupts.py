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


@contextmanager
def heeded() -> Iterator[Request]:
    """Take note of Ctrl-C and SIGTERM instead of dying of them; a second one is not held back.

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

    before = {number: signal.signal(number, note) for number in REASONS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
