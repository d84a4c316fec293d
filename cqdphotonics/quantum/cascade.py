"""Polarisation entanglement of the biexciton–exciton cascade against fine-structure splitting."""

from math import inf

from cqdphotonics.constants import HBAR
from cqdphotonics.display import Number, nominal
from cqdphotonics.errors import RangeError


def cascade_fidelity(
    splitting: Number,
    lifetime: Number,
    spin_scattering_time: Number = inf,
    cross_dephasing_time: Number = inf,
    single_pair_share: Number = 1.0,
) -> Number:
    """Fidelity of the photon pair with (|HH⟩ + |VV⟩)/√2, averaged over the emission time.

    f = ¼[1 + k g′ + 2 k g/(1 + x²)] with x = g S τ/ħ, g′ = 1/(1 + τ/τ_SS) and
    g = 1/(1 + τ/τ_SS + τ/τ_HV). In the ideal case f = ½ + ½/(1 + (Sτ/ħ)²), so f ≥ .9 needs
    S·τ ≤ 329 µeV·ps; a Purcell factor helps because it shortens τ.

    Parameters
    ----------
    splitting : float or UFloat
        Fine-structure splitting S of the intermediate exciton, meV.
    lifetime : float or UFloat
        Exciton lifetime τ in the device, ps.
    spin_scattering_time, cross_dephasing_time : float or UFloat
        τ_SS and τ_HV, ps; infinite when there is neither.
    single_pair_share : float or UFloat
        k, the share of coincidences that come from one dot's cascade alone.

    Returns
    -------
    float or UFloat
        1 is a Bell state, ½ classical correlation, ¼ none.

    References
    ----------
    Hudson et al., PRL 99, 266802 (2007).
    """
    for name, value in (("splitting", splitting), ("lifetime", lifetime)):
        if not nominal(value) >= 0:
            raise RangeError(f"{name} = {nominal(value):g} is negative; it can't be.")
    if not 0 <= nominal(single_pair_share) <= 1:
        raise RangeError(f"single_pair_share = {nominal(single_pair_share):g} is not in 0 to 1.")
    scattering = lifetime / spin_scattering_time
    classical = 1 / (1 + scattering)
    coherent = 1 / (1 + scattering + lifetime / cross_dephasing_time)
    phase = coherent * splitting * lifetime / HBAR
    share = single_pair_share
    return (1 + share * classical + 2 * share * coherent / (1 + phase**2)) / 4
