"""What `klayer --version` says."""

from klayer.engines import available_engines
from klayer.training.identity import versions


def describe() -> str:
    """Return the versions, and the engines that work here."""
    said = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{said}; engines: {', '.join(available_engines())}"
