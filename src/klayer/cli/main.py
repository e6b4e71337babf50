"""The program `klayer`: its commands, and how every error is said."""

import sys
from importlib import import_module

import typer

COMMANDS = ("train", "check", "evaluate", "data")

app = typer.Typer(
    name="klayer",
    help="Train, check and explain k-layer fully connected networks.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; exit with 0 (done), 1 (the answer is no) or 2 (bad input)."""
    for name in COMMANDS:
        import_module(f"klayer.cli.{name}").register(app)
    sys.exit(app())
