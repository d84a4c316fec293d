"""The command line, ``cqd``: one module per group of commands, thin over the library."""

from cqdphotonics.cli.app import main

__all__ = ["main"]
