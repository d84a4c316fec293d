"""Guided light of several grids: powers, shares of the whole, and how sure both are."""

from collections.abc import Sequence

import numpy as np

from cqdphotonics.fdtd.analysis import Analysis
from cqdphotonics.fdtd.registration import Registration

PORT_POWERS = ("guided", "guided_uncertainty", "port_flux")
"""Variables over port and wavelength, in units of the homogeneous medium's power."""

OVERLAP = 0.01
"""Relative uncertainty of the overlap with a port's modes, which all grids share: a dipole's rate
into a strip is .8 % below the exact one where grids agree within .1 % (docs/guided.md)."""


def through_ports(
    runs: Sequence[Analysis], registration: Registration
) -> dict[str, tuple[tuple[str, str], np.ndarray]]:
    """Spectra of the ports for a dataset; nothing where there are none.

    The finest run's, moved as `registration` says. With several grids the uncertainty of a power is
    made of the change from the grid (and cell) before, of that of the move, of the change between
    time windows and of `OVERLAP`; that of a share of the whole likewise, with what power and whole
    have in common left out.

    Parameters
    ----------
    runs : sequence of Analysis
        Coarse to fine.
    registration : Registration
    """
    best, names = runs[-1], list(runs[-1].guided)
    if not names:
        return {}
    wavelength, factors = best.wavelength, registration.factors

    def moved(run: Analysis, values: np.ndarray, factor: float) -> np.ndarray:
        return np.interp(wavelength * factor, run.wavelength, values)

    def powers(run: Analysis, factor: float) -> tuple[np.ndarray, np.ndarray]:
        """Guided powers and shares (port, wavelength)."""
        power = np.stack([moved(run, run.guided[name], factor) for name in names])
        return power, power / moved(run, run.purcell, factor)

    power, share = powers(best, factors[-1])
    power_spread, share_spread = np.zeros_like(power), np.zeros_like(share)
    if len(runs) > 1:
        earlier = powers(runs[-2], factors[-2])
        aside = [
            powers(best, factors[-1] * (1 + side))
            for side in (-registration.spread, registration.spread)
        ]
        windows = moved(best, 1 - best.purcell_window / best.purcell, factors[-1])

        def spread(values: np.ndarray, which: int) -> np.ndarray:
            sideways = np.max([np.abs(each[which] - values) for each in aside], axis=0)
            return np.sqrt((earlier[which] - values) ** 2 + sideways**2 + (OVERLAP * values) ** 2)

        power_spread = np.hypot(spread(power, 0), windows * power)
        share_spread = spread(share, 1)
    over = ("port", "wavelength")
    flux = np.stack([moved(best, best.port_flux[name], factors[-1]) for name in names])
    return {
        "guided": (over, power),
        "guided_uncertainty": (over, power_spread),
        "beta_uncertainty": (over, share_spread),
        "port_flux": (over, flux),
    }
