"""What a phonon sideband costs: a zero-phonon line with less than the whole emission."""

from cqdphotonics.display import Number, nominal
from cqdphotonics.errors import RangeError


def sideband_penalty(weight: Number, transmission: Number) -> Number:
    """Factor on the indistinguishability when part of the collected light is sideband.

    [B²/(B² + F(1 − B²))]² with B² the zero-phonon weight and F the share of the sideband that is
    collected, relative to the line. Two photons interfere only if both come from the line.

    Parameters
    ----------
    weight : float or UFloat
        Share of the radiative decay in the line, 0 to 1.
    transmission : float or UFloat
        1 for a device that is broad compared with the sideband, 0 behind a filter.

    Notes
    -----
    The form of Iles-Smith et al., Nat. Photon. 11, 521 (2017), in which only the two shares enter,
    not the shape of the sideband: colloidal dots have discrete confined acoustic modes whose
    spectrum is not that of bulk GaAs.
    """
    for name, value in (("weight", weight), ("transmission", transmission)):
        if not 0 <= nominal(value) <= 1:
            raise RangeError(f"{name} = {nominal(value):g} is not in 0 to 1: it is a share.")
    return (weight / collected_share(weight, transmission)) ** 2


def collected_share(weight: Number, transmission: Number) -> Number:
    """Share of the emission that passes: B² + F(1 − B²)."""
    return weight + transmission * (1 - weight)
