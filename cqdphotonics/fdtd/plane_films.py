"""Plane films alone are known without a simulation: how far from that the simulated ones are.

A planar cavity has no side: its light runs on between the mirrors for many wavelengths, and what
the end of a cell sends back changes the power of the dipole, while the run's own checks (decay,
closure) see nothing. So the answer for plane films is compared with the exact one.
"""

from cqdphotonics import materials
from cqdphotonics.fdtd.analysis import Check
from cqdphotonics.fdtd.multilayer import MultilayerEmission, dipole_in_multilayer
from cqdphotonics.fdtd.scene import Scene

LIMIT = 0.05
"""Largest accepted relative difference of the Purcell factor. On the validation page plane films
agree to 1 % at ``fine`` and to 3 % at ``draft``, films of metal to 5 %."""

_TOUCHING = 1e-9


def layers(scene: Scene) -> list[tuple[float, float, str]] | None:
    """Lower and upper face and material of each layer of a scene without structure.

    From the lower half-space to the upper one. None if anything is patterned.
    """
    if scene.solids and scene.continues != "xy":
        return None
    found = [(s.zmin, s.zmax, s.material) for s in (*scene.films, *scene.solids)]
    found.sort()
    whole = found[:1]
    for zmin, zmax, material in found[1:]:
        if zmin < whole[-1][1] - _TOUCHING:
            return None  # two solids at one height: a structure
        if zmin > whole[-1][1] + _TOUCHING:
            whole.append((whole[-1][1], zmin, scene.medium))
        whole.append((zmin, zmax, material))
    return whole


def exact(scene: Scene, wavelength: float) -> MultilayerEmission | None:
    """The dipole in plane films, from theory; None where that has no answer.

    Parameters
    ----------
    scene : Scene
    wavelength : float
        In vacuum, in µm.
    """
    whole = layers(scene)
    if whole is None or len(whole) < 2:
        return None
    z = scene.emitter[2]
    place = next(k for k, (zmin, zmax, _) in enumerate(whole) if zmin <= z <= zmax)
    indices = [complex(materials.load(name).index(wavelength)) for *_, name in whole]
    if indices[place].imag:
        return None  # in an absorber a dipole loses infinite power
    height = z - whole[place][0] if place else z - whole[0][1]
    try:
        return dipole_in_multilayer(
            indices,
            [zmax - zmin for zmin, zmax, _ in whole[1:-1]],
            place,
            height,
            wavelength,
            "perpendicular" if scene.dipole == "z" else "parallel",
        )
    except (ValueError, ArithmeticError):
        return None  # on a face, or a metal without loss


def film_check(scene: Scene, wavelength: float, purcell: float) -> Check | None:
    """The simulated Purcell factor against the exact one, where the scene is plane films alone."""
    known = exact(scene, wavelength)
    if known is None:
        return None
    return Check(
        f"Purcell factor against {known.total:.3g}, the exact one of these plane films",
        abs(purcell / known.total - 1),
        LIMIT,
    )
