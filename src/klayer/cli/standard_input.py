"""Standard input that can be waited for and still be ended by Ctrl-C."""

import os
import select
import sys

from klayer.training.interrupts import Request

PATIENCE = 0.2  # seconds between looks at whether to end


class AskedToEndError(Exception):
    """Ctrl-C or SIGTERM; the message says which."""


def check(request: Request) -> None:
    """End the program where somebody asked it to.

    Raises:
        AskedToEndError: somebody did.
    """
    if request.reason is not None:
        raise AskedToEndError(request.reason)


class StandardInput:
    """Reads bytes, and looks now and then at whether to end."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        try:
            handle = sys.stdin.fileno()
        except OSError:  # it is no file, as in tests
            return sys.stdin.buffer.read(size)
        parts: list[bytes] = []
        while size:
            check(self._request)
            if select.select([handle], [], [], PATIENCE)[0]:
                part = os.read(handle, size)
                if not part:
                    break
                parts.append(part)
                size -= len(part)
        return b"".join(parts)
