"""The command line: arguments in, one call, words, tables or JSON out.

Each command is a file here with a function `register`; it imports what it needs when it runs, so
that ``klayer --help`` is quick. The program itself is `klayer.cli.main`.
"""
