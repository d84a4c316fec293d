"""Where the light of an environment is collected, and what is found there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from uncertainties import UFloat

from cqdphotonics.display import Number


@dataclass(frozen=True)
class Output:
    """What reaches one collected output (a port, a cone of directions).

    Attributes
    ----------
    mode_shares : tuple of float or UFloat
        Share of each mode's κ that reaches this output, one a mode.
    background_share : float or UFloat
        Share of the whole Markov background that reaches it.
    """

    mode_shares: tuple[Number, ...] = ()
    background_share: Number = 0.0


class OutputEmission(NamedTuple):
    """The photons of one output.

    `indistinguishability` and `efficiency` are UFloats; `level` is the level whose field is
    interfered (0: the emitter's own emission, k: mode k).
    """

    indistinguishability: UFloat
    efficiency: UFloat
    level: int


def mode_outputs(
    outputs: "Mapping[str, Output | Number]", modes: int, collected: int
) -> dict[str, Output]:
    """Outputs in full; a number is the share of the collected mode's κ."""
    full = {}
    for name, output in outputs.items():
        if not isinstance(output, Output):
            shares: list[Number] = [0.0] * modes
            shares[collected] = output
            output = Output(tuple(shares))
        full[name] = output
    return full
