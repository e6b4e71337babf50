"""A headless Chromium to look at pages with."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--hide-scrollbars", "--enable-logging=stderr", "--virtual-time-budget=1000",
)  # fmt: skip


class Browser:
    """Opens pages in a profile of its own, with the network out of reach."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("chromium")
        if program is None and "CI" not in os.environ:
            pytest.skip("needs Debian's package chromium")
        assert program, "the tests of pages need Debian's package chromium, see .ci/run"
        own = (f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND")
        self._command = [program, *FLAGS, *own]
        self._folder = folder

    def dom(self, page: Path, query: str = "") -> tuple[str, list[str]]:
        """Return the page as the browser understood it, and what its console said."""
        found = self._run("--dump-dom", page.as_uri() + query)
        said = [line for line in found.stderr.splitlines() if "CONSOLE" in line]
        return found.stdout, said

    def screenshot(self, page: Path, height: int = 2400, dark: bool = False) -> NDArray[np.uint8]:
        """Return the page's pixels, (height, 1000, 3)."""
        path = self._folder / "page.png"
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        self._run(f"--window-size=1000,{height}", f"--screenshot={path}", *scheme, page.as_uri())
        return np.asarray(Image.open(path).convert("RGB"))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *arguments], capture_output=True, text=True, timeout=60, check=True
        )
