"""Where the surface plasmons of a flat film fit into the period of an array."""

from dataclasses import dataclass

import numpy as np

from cqdphotonics import materials
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.films import plasmon
from cqdphotonics.fdtd.lattice_plan import LatticePlan


@dataclass(frozen=True)
class PredictedPlasmon:
    """Where the flat film's surface plasmon fits into the period.

    Attributes
    ----------
    side : {"down", "up"}
        Of the film.
    order : (int, int)
        Of the array's reciprocal lattice.
    wavelength : float
        Re k∥ of the film as it is equals the reciprocal vector; in µm.
    half_space : float
        The same with metal without end.
    """

    side: str
    order: tuple[int, int]
    wavelength: float
    half_space: float


def predicted_plasmons(planned: LatticePlan) -> tuple[PredictedPlasmon, ...]:
    """Where the plasmons of the flat film meet the order (1, 0), inside the band or near it.

    Only for one film of metal between two dielectrics; of the measured optical constants.
    """
    scene = planned.scene
    bodies = [*scene.solids, *scene.films]
    metals = [b for b in bodies if materials.load(b.material).is_metal]
    if scene.continues != "xy" or metals != [scene.solids[0]]:
        return ()
    film, period = metals[0], planned.cell.periods[0]
    low, high = planned.band
    touching = {
        "down": next(f.material for f in scene.films if abs(f.zmax - film.zmin) < 1e-6),
        "up": next(f.material for f in scene.films if abs(f.zmin - film.zmax) < 1e-6),
    }
    grid = np.linspace(low, high, 81)
    out = []
    for side, other in (("down", "up"), ("up", "down")):
        found = {"index": np.full(len(grid), np.nan), "half_space": np.full(len(grid), np.nan)}
        for number, wavelength in enumerate(grid):
            metal, beside, beyond = (
                materials.load(name).epsilon(float(wavelength))
                for name in (film.material, touching[side], touching[other])
            )
            try:
                wave = plasmon(metal, film.zmax - film.zmin, beside, beyond, float(wavelength))
            except InputError:
                continue
            found["index"][number] = wave.index.real
            found["half_space"][number] = wave.half_space.real
        places = [_crossing(grid, found[k] * period - grid) for k in ("index", "half_space")]
        if places[0] is not None and places[1] is not None:
            out.append(PredictedPlasmon(side, (1, 0), places[0], places[1]))
    return tuple(out)


def _crossing(x: np.ndarray, y: np.ndarray) -> float | None:
    """Where y last falls through zero.

    A plasmon's index falls with the wavelength. It leaps upward only where gold's interband
    transitions take it over, at .52 µm, and another solution follows: that is no resonance.
    """
    change = np.flatnonzero((y[:-1] >= 0) & (y[1:] < 0))  # where a side is nan: neither
    if len(change) == 0:
        return None
    i = int(change[-1])
    return float(x[i] - y[i] * (x[i + 1] - x[i]) / (y[i + 1] - y[i]))
