"""Choose an engine by name."""

from klayer.engines.contract import Engine
from klayer.engines.native import NativeEngine, is_built
from klayer.engines.reference import ReferenceEngine
from klayer.errors import InputError

ENGINES = ("auto", "native", "reference")


def available_engines() -> tuple[str, ...]:
    """Return the names of the engines that work here, the fastest first."""
    return ("native", "reference") if is_built() else ("reference",)


def choose_engine(name: str = "auto", threads: int | None = None) -> Engine:
    """Return the engine of that name; "auto" takes the fastest that works here.

    Args:
        name: "auto", "native" or "reference".
        threads: how many threads the native engine uses; the process's allowed CPUs by default.

    Raises:
        InputError: the name is unknown, or the engine was not built.

    Example:
        >>> choose_engine("reference").name
        'reference'
    """
    if name not in ENGINES:
        raise InputError(f"`engine` must be one of {', '.join(ENGINES)}, but got {name!r}")
    if name == "native" and not is_built():
        raise InputError("the native engine was not built here; use engine='reference' or 'auto'")
    if name == "reference" or not is_built():
        return ReferenceEngine()
    return NativeEngine(threads)
