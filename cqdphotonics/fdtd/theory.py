"""Fidelity ``theory``: a response without a simulation, where a device is simple enough for one.

Plane films have an exact answer (`multilayer`), round devices with a dipole in their plane a rough
one (`round_slab`). What has neither begins at ``coarse``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.interpolate import CubicSpline

from cqdphotonics import __version__, materials
from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.fdtd import plane_films
from cqdphotonics.fdtd.planning import spectrum_ends
from cqdphotonics.fdtd.response import Response
from cqdphotonics.fdtd.round_slab import Array, Profile, RoundSlab, lossy, matched, power
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.solids import Disc

THEORY = "theory"

POINTS = 241
"""Of the spectrum."""

STEP, MARGIN = 0.005, 0.6
"""µm between layers of a profile, and of each half-space in it."""

_DISPERSION = 5
"""Wavelengths at which guided modes are solved; between them their index is interpolated."""

FILMS_POINTS = 21
"""Wavelengths of plane films: each is an integral. Between them the spectra are interpolated."""

FILMS_ANGLES = 181
"""Of their far field. The lobe of a cavity may be narrower than a degree."""


def has_theory(scene: Scene) -> str:
    """Why there is no theory of a scene; empty where there is one."""
    if plane_films.layers(scene) is not None:
        return ""
    if not scene.symmetry.cylindrical:
        return f"theory knows plane films and round devices, and here: {scene.symmetry.reason}"
    if scene.dipole == "z":
        return "theory knows round devices by the light that a dipole in their plane gives a film"
    if any(materials.load(name).is_metal for name in _media(scene)):
        return "theory knows no metal in round devices"
    if len({solid.material for solid in scene.solids} - {scene.medium}) > 1:
        return "theory knows rings in one film, and here several materials are patterned"
    return ""


def _media(scene: Scene) -> set[str]:
    """Names of all materials of a scene."""
    return {each.material for each in (*scene.solids, *scene.films)} | {scene.medium}


def theory_response(
    scene: Scene,
    wavelength: float,
    apertures: Iterable[float],
    *,
    bandwidth: float | None = None,
    films_points: int = FILMS_POINTS,
    films_angles: int = FILMS_ANGLES,
) -> Response:
    """What theory says of a device.

    Parameters
    ----------
    scene : Scene
    wavelength : float
        Of the emission in vacuum, in µm.
    apertures : iterable of float
        Numerical apertures of the collection.
    bandwidth : float, optional
        Width of the spectrum in µm.
    films_points, films_angles : int
        Wavelengths at which plane films are computed, and angles of their far field.

    Raises
    ------
    InputError
        There is no theory of such a device.
    GeometryError
        There is, but this one is beyond it: its film guides no light, the dot touches a face.
    """
    reason = has_theory(scene)
    if reason:
        raise InputError(f"{reason}. Begin at coarse.")
    ends = spectrum_ends(wavelength, bandwidth)
    spectrum = np.linspace(*ends, POINTS)
    known = tuple(sorted({float(na) for na in apertures}))
    films = plane_films.layers(scene) is not None
    found = (
        _of_films(scene, wavelength, spectrum, known, (films_points, films_angles))
        if films
        else _of_rings(scene, wavelength, spectrum, known)
    )
    return _assembled(scene, wavelength, spectrum, known, found)


SIDES: tuple[Literal["up", "down"], ...] = ("up", "down")

_DIGITS = 7
"""Significant ones that are kept: the last of a double change with the machine's threads and the
arrays' places in memory, and a study that goes on where it was should come to the same bytes."""

Made = tuple[dict[str, Array], Array, tuple[Array, Array], str]
"""Spectra of the parts; collection (direction, aperture); angles and power per steradian and all
power (direction, angle) at the emission; how it was found."""


def _of_rings(
    scene: Scene, wavelength: float, spectrum: Array, apertures: tuple[float, ...]
) -> Made:
    few = np.linspace(spectrum[0], spectrum[-1], _DISPERSION)
    profile = RoundProfile.of(scene)
    models = [RoundSlab(profile.at(each), each) for each in few]
    squares = CubicSpline(few, [model.squares for model in models])(spectrum)
    guided = CubicSpline(few, [model.guided for model in models])(spectrum)
    edges, k = models[0].profile.edges, 2 * np.pi / spectrum

    def in_plane(loss: float) -> tuple[Array, Array]:
        amplitudes = matched(edges, lossy(squares, loss), k)
        outside = squares[:, -1]
        outward = (
            np.abs(amplitudes[:, -1, 1]) ** 2
            * squares[:, 0]
            / np.where(outside > 0, outside, np.inf)
        )
        return np.maximum(1 + amplitudes[:, 0, 0].real, 0.0), outward

    # The loss is that at the resonance, where it counts; found with little of it.
    peak = float(spectrum[int(np.argmax(in_plane(1e-3)[0]))])
    loss = RoundSlab(profile.at(peak), peak).settled().loss
    whole, outward = in_plane(loss)
    here = replace(RoundSlab(profile.at(wavelength), wavelength), loss=loss)
    direct = _direct(here)
    parts = here.leaving()
    leaving = {name: power(*each) for name, each in parts.items()}
    total = direct + guided * whole
    side = guided * outward
    vertical = np.maximum(total - side, 0.0)
    everything = sum(leaving.values())
    # Direct light and that of the rings interfere: the pattern is theirs, the power the plane's.
    scale = float(np.interp(wavelength, spectrum, vertical / total)) / everything
    indices = {"up": here.profile.above, "down": here.profile.below}
    angles = next(iter(parts.values()))[0]
    collection, far = np.zeros((2, len(apertures))), np.zeros((2, angles.size))
    for row, name in enumerate(indices):
        if name in parts:
            index = float(np.sqrt(indices[name].real))
            edges_of = [np.arcsin(min(na / index, 1.0)) for na in apertures]
            collection[row] = [scale * power(*parts[name], edge) for edge in edges_of]
            far[row] = scale * parts[name][1]
    powers = {
        "purcell": total,
        "radiated_up": vertical * leaving.get("up", 0.0) / everything,
        "radiated_down": vertical * leaving.get("down", 0.0) / everything,
        "radiated_side": total - vertical,
    }
    note = "effective index and volume currents; unverified"
    return powers, collection, (angles, far), note


def _direct(model: RoundSlab) -> float:
    """Light that reaches the half-spaces without the rings."""
    core = model.profile.epsilon[0]
    profile = replace(model.profile, edges=np.array([1.0]), epsilon=np.stack([core, core]))
    return sum(power(*each) for each in replace(model, profile=profile).leaving().values())


def _of_films(
    scene: Scene,
    wavelength: float,
    spectrum: Array,
    apertures: tuple[float, ...],
    counts: tuple[int, int],
) -> Made:
    few = np.unique(np.append(np.linspace(spectrum[0], spectrum[-1], counts[0]), wavelength))
    found = [plane_films.exact(scene, float(each)) for each in few]
    if any(each is None for each in found):
        raise GeometryError("plane films have no exact answer for an emitter on a face")
    columns = np.array([[f.total, f.up, f.down] for f in found])  # type: ignore[union-attr]
    total, up, down = (np.interp(spectrum, few, column) for column in columns.T)
    here = found[int(np.searchsorted(few, wavelength))]
    assert here is not None
    collection = np.array([[here.collection(na, side) for na in apertures] for side in SIDES])
    angles = np.linspace(0, np.pi / 2, counts[1])
    far = np.stack([here.intensity(angles, side) for side in SIDES])
    rest, nothing = total - up - down, np.zeros_like(spectrum)
    # Along endless films over a metal nothing gets away: plasmons and guided light end as heat.
    lossy_films = any(materials.load(name).is_metal for name in _media(scene))
    powers = {
        "purcell": total,
        "radiated_up": up,
        "radiated_down": down,
        "radiated_side": nothing if lossy_films else rest,
        "absorbed": rest if lossy_films else nothing,
    }
    return powers, collection, (angles, far), "exact multilayer"


@dataclass(frozen=True)
class RoundProfile:
    """Rings and layers of a round device: names of materials, whatever the wavelength.

    Attributes
    ----------
    edges : (n,) array
        Radii of the rings in µm.
    names : tuple of (n + 1) tuples of str
        Materials of each ring in thin layers from below.
    height, step : float
        Of the emitter above the lowest layer, and of the layers, in µm.
    below, above : str
        Materials of the half-spaces.
    """

    edges: Array
    names: tuple[tuple[str, ...], ...]
    height: float
    step: float
    below: str
    above: str

    @classmethod
    def of(cls, scene: Scene) -> "RoundProfile":
        """That of a scene whose solids are all round about the emitter."""
        radii = {solid.radius for solid in scene.solids if isinstance(solid, Disc)}
        if scene.continues:
            radii.discard(max(radii))  # what goes on beyond the drawing has no edge
        edges = np.array(sorted(radii))
        flat = [z for each in (*scene.films, *scene.solids) for z in (each.zmin, each.zmax)]
        inside = [z for z in flat if np.isfinite(z)]
        low, high = min(inside) - MARGIN, max(inside) + MARGIN
        count = round((high - low) / STEP)
        heights = low + (np.arange(count) + 0.5) * (high - low) / count
        middles = [edges[0] / 2, *(edges[1:] + edges[:-1]) / 2, edges[-1] + 1e-3]
        x, y, z = scene.emitter
        return cls(
            edges,
            tuple(tuple(scene.material_at(x + r, y, h) for h in heights) for r in middles),
            z - low,
            (high - low) / count,
            scene.films[0].material,
            scene.films[-1].material,
        )

    def at(self, wavelength: float) -> Profile:
        """Permittivities at one wavelength in µm."""
        named = {name for ring in self.names for name in ring} | {self.below, self.above}
        known = {name: complex(materials.load(name).index(wavelength)) ** 2 for name in named}
        return Profile(
            self.edges,
            np.array([[known[name] for name in ring] for ring in self.names]),
            self.height,
            known[self.below],
            known[self.above],
            self.step,
        )


def _rounded(values: Array) -> Array:
    """To `_DIGITS` significant digits."""
    size = np.abs(values)
    exponents = np.floor(np.log10(size, out=np.zeros_like(size), where=size > 0))
    scale = 10.0 ** (_DIGITS - 1 - exponents)
    return np.round(values * scale) / scale


def _resonances(spectrum: Array, total: Array) -> tuple[tuple[float, float], ...]:
    """The highest line, where it is one: its centre, and Q from its width at half height."""
    peak = int(np.argmax(total))
    if not 0 < peak < spectrum.size - 1:
        return ()
    half = total[peak] / 2
    left, right = (
        next((i for i in way if total[i] < half), None)
        for way in (range(peak, -1, -1), range(peak, spectrum.size))
    )
    if left is None or right is None:
        return ()
    width = spectrum[right] - spectrum[left]
    return ((float(spectrum[peak]), float(spectrum[peak] / width)),)


def _assembled(
    scene: Scene,
    wavelength: float,
    spectrum: Array,
    apertures: tuple[float, ...],
    made: Made,
) -> Response:
    import xarray as xr

    powers, collection, (angles, far), note = made
    powers = {name: _rounded(values) for name, values in powers.items()}
    collection, far = _rounded(collection), _rounded(far)
    none = np.zeros_like(spectrum)
    spectra = {"absorbed": none, **powers, "purcell_uncertainty": none, "closure": none}
    data = xr.Dataset(
        {
            **{name: ("wavelength", values) for name, values in spectra.items()},
            "collection": (("direction", "na"), collection),
            "collection_uncertainty": (("direction", "na"), np.zeros_like(collection)),
            "far_field": (("direction", "theta"), far),
        },
        coords={
            "wavelength": ("wavelength", spectrum, {"units": "µm"}),
            "direction": ["up", "down"],
            "na": list(apertures),
            "theta": ("theta", angles, {"units": "rad"}),
        },
    )
    return Response(
        data=data,
        wavelength=wavelength,
        fidelity=THEORY,
        converged=True,
        verdict=f"{THEORY}: {note}",
        checks=(),
        resonances=_resonances(spectrum, powers["purcell"]),
        cost_seconds=0.0,
        job_hashes=(),
        provenance={
            "cqdphotonics": __version__,
            "component": scene.settings,
            "stack": scene.stack.model_dump(mode="json"),
            "dipole": scene.dipole,
            "emitter": list(scene.emitter),
            "formulation": THEORY,
            "notes": [note],
        },
    )
