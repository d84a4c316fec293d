"""The errors that a user of cqdphotonics can meet, all in one place.

::

    CqdError                      everything below; never raised itself
    ├── InputError                what was asked can't be: exit code 2
    │   ├── UnknownNameError      a name that does not exist; says which do
    │   ├── RangeError            a value outside what is allowed, and why
    │   ├── GeometryError         a layout or scene that can't be made or simulated
    │   └── FileFormatError       a YAML, GDS or result file that can't be used
    ├── MissingDependencyError    Meep, MPI or an extra is not installed: exit code 1
    ├── SimulationError           a simulation ended without a result: exit code 1
    │   ├── SimulationCrashedError
    │   ├── SimulationDivergedError
    │   └── SimulationTimeoutError
    ├── EngineError               a queue refuses or loses the jobs: exit code 1
    └── StorageError              a directory or file can't be written or is damaged: exit code 1

A message is written for the person at the keyboard: what was given, what is allowed, what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class CqdError(Exception):
    """Base of all errors that cqdphotonics raises on purpose."""

    exit_code = 1


class InputError(CqdError):
    """What was asked for can't be done as asked."""

    exit_code = 2


class UnknownNameError(InputError):
    """A name that does not exist.

    Parameters
    ----------
    kind : str
        What the name should be, e.g. ``"stack"``.
    given : str
        The name that was given.
    known : iterable of str
        The names that exist; the nearest is proposed.
    hint : str, optional
        One more sentence on what to do.
    """

    def __init__(self, kind: str, given: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted(known)
        nearest = get_close_matches(given.lower(), [n.lower() for n in names], n=1, cutoff=0.5)
        proposal = ""
        if nearest:
            match = next(n for n in names if n.lower() == nearest[0])
            proposal = f" Did you mean '{match}'?"
        listing = ", ".join(names) if names else "none"
        message = f"unknown {kind} '{given}'.{proposal} Known: {listing}."
        super().__init__(f"{message} {hint}".strip())
        self.kind, self.given, self.known = kind, given, tuple(names)


class RangeError(InputError):
    """A value outside what is allowed."""


class GeometryError(InputError):
    """A layout or scene that can't be made or can't be simulated."""


class FileFormatError(InputError):
    """A file whose content can't be used."""


class MissingDependencyError(CqdError):
    """A program or package that the request needs is not installed."""


class SimulationError(CqdError):
    """A simulation ended without a result."""


class SimulationCrashedError(SimulationError):
    """The solver's process died or reported an error."""


class SimulationDivergedError(SimulationError):
    """The fields became infinite or not-a-number."""


class SimulationTimeoutError(SimulationError):
    """The simulation exceeded its time or memory limit."""


class EngineError(CqdError):
    """A batch queue refuses the jobs of a study, or loses them again and again."""


class StorageError(CqdError):
    """A directory or file can't be read or written, or is damaged beyond recomputing."""
