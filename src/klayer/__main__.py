"""`python -m klayer` is the program `klayer`."""

from klayer.cli.main import main

if __name__ == "__main__":
    main()
