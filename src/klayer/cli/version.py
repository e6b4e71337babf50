"""What `klayer --version` says."""

import platform

import numpy as np

from klayer import __version__
from klayer.engines import available_engines


def versions() -> dict[str, str]:
    """Return the versions that a run depends on."""
    return {"klayer": __version__, "python": platform.python_version(), "numpy": np.__version__}


def describe() -> str:
    """Return the versions, and the engines that work here."""
    said = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{said}; engines: {', '.join(available_engines())}"
