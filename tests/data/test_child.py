"""A process that ends, or falls silent, is noticed in bounded time, whoever holds its pipes."""

import os
import sys

import pytest

from klayer.data import child
from klayer.data.child import Child, LostError

ECHO = """
import sys
while line := sys.stdin.buffer.readline():
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
"""
SLEEP = "import time; time.sleep(1000)"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds of silence are long."""
    monkeypatch.setattr(child, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(child, "LOOKS", 20)


def test_what_is_written_and_what_is_said_is_whole() -> None:
    long = os.urandom(1 << 20).replace(b"\n", b"") + b"\n"  # more than a pipe holds
    with Child(ECHO) as echo:
        echo.write(b"a\n")
        assert echo.line() == b"a"
        for _ in range(3):
            echo.write(b"%d\n" % len(long))
            size = int(echo.line())
            echo.write(long)
            room = bytearray(size)
            echo.fill(room)
            assert room == long


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import no_such_module", "ended with exit code 1"),
        ("", "ended with exit code 0"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
        ("print('no end', end='', flush=True)", "ended with exit code 0"),
        ("import os; os.abort()", "was ended by SIGABRT"),
        (SLEEP, "did not answer for 2 seconds"),
        ("import os, time; os.close(1); time.sleep(1000)", "stopped answering"),
    ],
)
def test_one_that_ends_or_is_silent_is_lost(script: str, words: str) -> None:
    with Child(script) as lost, pytest.raises(LostError, match=words):
        lost.line()
    with Child(script) as lost, pytest.raises(LostError, match=words):
        lost.fill(bytearray(10))


@pytest.mark.parametrize("script", ["import no_such_module", SLEEP])
def test_one_that_does_not_read_is_lost(script: str) -> None:
    with Child(script) as lost, pytest.raises(LostError):
        lost.write(bytes(1 << 20))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="opens another's pipes in /proc")
def test_a_pipe_that_another_process_holds_open_hides_no_death() -> None:
    """As one that was forked in the moment of the start would."""
    with Child(SLEEP) as lost:
        pid = lost._process.pid
        with open(f"/proc/{pid}/fd/0", "rb"), open(f"/proc/{pid}/fd/1", "wb"):
            os.kill(pid, 9)
            with pytest.raises(LostError, match="was ended by SIGKILL"):
                lost.line()
            with pytest.raises(LostError, match="was ended by SIGKILL"):
                lost.write(bytes(1 << 20))


def test_it_is_ended_with_its_context() -> None:
    with Child(SLEEP) as sleeping:
        process = sleeping._process
        assert process.poll() is None
    assert process.returncode == -9
