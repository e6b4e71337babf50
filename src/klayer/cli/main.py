"""The program `klayer`: its commands, and how every error is said."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from klayer.errors import (
    DataWarning,
    DivergenceError,
    InputError,
    PlanError,
    PlanWarning,
    StorageError,
)

COMMANDS = (
    "train",
    "check",
    "evaluate",
    "predict",
    "export",
    "data",
    "reproduce",
    "study",
    "lr_range",
    "search",
    "report",
    "bench",
)

OWN_WARNINGS = (PlanWarning, DataWarning)

app = typer.Typer(
    name="klayer",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from klayer.cli.version import describe

        typer.echo(describe())
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the versions."),
    ] = False,
) -> None:
    """Train, check and explain k-layer fully connected networks.

    Example: klayer train digits --hidden 50,50 --batch-norm
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code: 0 done, 1 the answer is no, 2 bad input.

    Args:
        arguments: without the program's name; those of the process by default.
    """
    _register()
    try:
        with _warnings_said():
            code = app(arguments, standalone_mode=False)
    except PlanError as error:
        return _say(*error.faults, code=2)
    except InputError as error:
        return _say(str(error), code=2)
    except StorageError as error:
        return _say(str(error), code=2)
    except DivergenceError as error:
        return _say(str(error), code=1)
    except MemoryError:
        return _say("the memory must suffice, but it ran out; use less at a time", code=2)
    except TyperException as error:
        sentence = _usage_sentence(error)  # none where there were no arguments: help was printed
        return _say(*[sentence] if sentence else [], code=error.exit_code)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run())


def _register() -> None:
    """Add the commands, once."""
    if not app.registered_commands:
        for name in COMMANDS:
            import_module(f"klayer.cli.{name}").register(app)


@contextmanager
def _warnings_said() -> Iterator[None]:
    """Say a warning about a plan or data as a sentence, once, and others as Python does."""
    with warnings.catch_warnings():
        for own in OWN_WARNINGS:
            warnings.simplefilter("default", own)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any) -> None:
            if issubclass(category, OWN_WARNINGS):
                _say(str(message), code=0)
            else:
                usual(message, category, *where)

        warnings.showwarning = show  # type: ignore[assignment]
        yield


def _say(*sentences: str, code: int) -> int:
    for sentence in sentences:
        typer.echo(f"klayer: {sentence}", err=True)
    return code


def _usage_sentence(error: TyperException) -> str:
    """Return what was wrong with the arguments, with the closest option there is."""
    possible = getattr(error, "possibilities", None)
    if not possible:
        return error.format_message().rstrip(".")
    option = getattr(error, "option_name", "")
    return f"{error.message}; did you mean {get_close_matches(option, possible, 1, 0)[0]}?"
