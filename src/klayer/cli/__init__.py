"""The command line: arguments in, one call, words, tables or JSON out.

Each command is a file here with a function `command`; it imports what it needs when it runs, so
that ``klayer --help`` is quick.
"""

from klayer.cli.main import main

__all__ = ["main"]
