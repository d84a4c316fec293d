"""Device families against exact theory: Bragg cavities, surface plasmons of nanohole arrays."""

import numpy as np
import pytest

from cqdphotonics import components, materials, nominal
from cqdphotonics.fdtd.multilayer import dipole_in_multilayer
from cqdphotonics.layout import stacks


def emission(stack, wavelength):
    """The exact emission of an in-plane dipole in a stack whose films are all unpatterned."""
    films = stack.films
    names = [stack.substrate, *(film.material for film in films), stack.cladding]
    layer = next(k for k, film in enumerate(films) if film.name == stack.emitter_film)
    return dipole_in_multilayer(
        [complex(materials.load(name).index(wavelength)) for name in names],
        [film.thickness for film in films],
        layer + 1,
        stack.emitter_height * films[layer].thickness,
        wavelength,
        "parallel",
    )


def along_the_normal(stack, wavelength, direction="up"):
    result = emission(stack, wavelength)
    return result.total * result.collection(0.02, direction)


@pytest.mark.parametrize(
    "name, direction", [("polymer-in-dbr", "up"), ("open-dbr", "up"), ("open-gold", "down")]
)
def test_cavities_resonate_at_their_wavelength(name, direction):
    stack = stacks.load(name)
    centre = float(stack.settings["wavelength"])
    wavelengths = centre * np.linspace(0.995, 1.005, 21)
    power = [along_the_normal(stack, float(w), direction) for w in wavelengths]
    # The gaps are whole nanometres: half of one moves the resonance by .05 %, a step here.
    assert wavelengths[int(np.argmax(power))] == pytest.approx(centre, rel=1.5e-3)
    assert max(power) > 2 * max(power[0], power[-1])


def test_half_waves_in_the_spacer_decide_whether_its_middle_is_bright():
    bright, dark = (stacks.load("polymer-in-dbr", order=order) for order in (1, 2))
    # In the middle of an even number of half waves is the field's node.
    assert along_the_normal(bright, 0.52) > 100 * along_the_normal(dark, 0.52)


def test_a_half_cavity_sends_the_light_up():
    stack = stacks.load("polymer-on-dbr", pairs=12)
    on_glass = stack.model_copy(update={"films": stack.films[-1:]})
    # Inside the stop band nothing near the normal passes 12 pairs: ((1.46/2.46)²)^12 = 4e-6 ·(...).
    assert along_the_normal(stack, 0.52, "down") < 1e-3 * along_the_normal(stack, 0.52)
    assert along_the_normal(stack, 0.52) > 2 * along_the_normal(on_glass, 0.52)


def test_stop_band_of_the_mirrors():
    stack = stacks.load("polymer-on-dbr", pairs=25)
    low, high = (materials.load(name).index(0.52).real for name in ("SiO2", "TiO2"))
    half_width = 2 / np.pi * np.arcsin((high - low) / (high + low))
    for side in (-1, 1):
        # Edges in frequency: f0·(1 ± half_width), for indices that do not change with it. They do,
        # by 5 % for TiO2 to the blue, hence 5 % on either side of the edge.
        inside = 0.52 / (1 + side * (half_width - 0.05))
        outside = 0.52 / (1 + side * (half_width + 0.05))
        assert along_the_normal(stack, inside, "down") < 1e-2 * along_the_normal(stack, inside)
        outwards = [
            along_the_normal(stack, outside * (1 + shift), "down")
            / along_the_normal(stack, outside * (1 + shift))
            for shift in (-0.01, 0.0, 0.01)
        ]
        assert max(outwards) > 0.1


def plasmon_index(metal, dielectric, wavelength):
    eps_m = complex(materials.load(metal).index(wavelength)) ** 2
    eps_d = complex(materials.load(dielectric).index(wavelength)) ** 2
    return np.sqrt(eps_m * eps_d / (eps_m + eps_d)).real


def test_nanohole_array_period_is_the_plasmons_wavelength():
    # Gold on glass, (1, 0) at 0.98 µm: 0.626 to 0.654 µm, as the indices of glasses go.
    assert 0.626 <= 0.98 / plasmon_index("Au", "SiO2", 0.98) <= 0.66
    period = components.nanohole_array().settings["period"]
    assert period == pytest.approx(0.63 / plasmon_index("Au", "SiO2", 0.63), rel=0.01)


def test_planar_cavity_is_the_exact_multilayer():
    """The kept figures of the planar nominal design against the Sommerfeld integral.

    5 %: one grid of ten points a wavelength, on which six TiO2/SiO2 pairs alone are within 2 % of
    the exact F, and whose cell ends where the cavity's light still spreads along the mirrors.
    """
    design = nominal.load("planar_520")
    kept = nominal.read_record(design)
    films = stacks.load(design.stack, **design.stack_parameters)
    exact = emission(films, design.wavelength)
    assert kept.purcell[0] == pytest.approx(exact.total, rel=0.05)
    for na in (0.5, 0.7):
        found = kept.share(na, "up").nominal_value
        assert found == pytest.approx(exact.collection(na), abs=0.03), na
