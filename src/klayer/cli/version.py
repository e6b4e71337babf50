"""What `klayer --version` says."""

from klayer.engines import available_engines
from klayer.training.identity import versions

MISSING = (
    "WITHOUT the native engine: it was not compiled when klayer was installed, so training runs "
    "on NumPy, several times slower; install a C++ compiler and then klayer again"
)


def describe() -> str:
    """Return the versions and the engines that work here, loudly where the fast one is missing."""
    said = ", ".join(f"{name} {version}" for name, version in versions().items())
    if "native" not in available_engines():
        return f"{said}; engines: reference\n{MISSING}"
    from klayer.engines.native import instruction_set

    return f"{said}; engines: native ({instruction_set()}), reference"
