"""Choose an engine by name."""

from collections.abc import Collection

from klayer.engines.contract import Engine
from klayer.engines.native import NativeEngine, is_built
from klayer.engines.reference import ReferenceEngine
from klayer.errors import InputError

ENGINES = ("auto", "native", "reference")


def available_engines() -> tuple[str, ...]:
    """Return the names of the engines that work here, the fastest first.

    Example:
        >>> available_engines()[-1]
        'reference'
    """
    return ("native", "reference") if is_built() else ("reference",)


def unknown_to_native(needs: Collection[str]) -> str:
    """Return which features of a training the native engine does not know, in words; maybe "".

    Example:
        >>> unknown_to_native([])
        ''
    """
    return " and ".join(f"`{name}`" for name in needs if name not in NativeEngine.features)


def choose_engine(
    name: str = "auto", threads: int | None = None, needs: Collection[str] = ()
) -> Engine:
    """Return the engine of that name; "auto" takes the fastest that can do it here.

    Args:
        name: "auto", "native" or "reference".
        threads: how many threads the native engine uses; the process's allowed CPUs by default.
        needs: what it has to know, such as `features_of` a training.

    Raises:
        InputError: the name is unknown, or the engine was not built or does not know what it needs.

    Example:
        >>> choose_engine("reference").name
        'reference'
    """
    if name not in ENGINES:
        raise InputError(f"`engine` must be one of {', '.join(ENGINES)}, but got {name!r}")
    if name == "native" and not is_built():
        raise InputError("the native engine was not built here; use engine='reference' or 'auto'")
    unknown = unknown_to_native(needs)
    if name == "native" and unknown:
        raise InputError(
            "the native engine must know all that a training needs, but does not know "
            f"{unknown}; use engine='reference' or 'auto'"
        )
    if name == "reference" or unknown or not is_built():
        return ReferenceEngine()
    return NativeEngine(threads)
