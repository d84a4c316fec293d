"""How much of a dipole's light leaves in the guided modes of a port.

The port's plane lies on the closed surface through which all power is counted, where a straight
waveguide crosses it. Fields there are a sum over guided modes going out and coming in, and
radiation that happens to pass; by the orthogonality of modes the amplitude of one going out is

    a = ∫ (E × h* + e* × H)·n dA / 2 ∫ Re(e × h*)·n dA

with e, h the mode's fields (Snyder & Love, Optical Waveguide Theory, ch. 31). The modes come from
`cqdphotonics.fdtd.waveguide` and the permittivity that the solver was given.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cqdphotonics.fdtd.job import Job, MediumSpec, PortSpec, SolidSpec
from cqdphotonics.fdtd.ports import Port
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.store import RawResult
from cqdphotonics.fdtd.waveguide import Mode, guided_modes

PORT_FREQUENCIES_STEP = 4
"""Fields at ports are kept at every so many points of the spectrum."""

MODES = 4
"""So many guided modes of a port are looked for."""

_MARGIN = 0.7
"""Of a port's plane around its waveguide, in wavelengths of the surroundings."""

_BEYOND = 0.4
"""How far beyond the plane the box of the mode solver reaches, in the same unit."""

_MOST_POINTS = 50_000
"""Of a port's cross-section in the mode solver."""

_SOLVED = 3
"""Modes are solved at so many wavelengths over the band; the fields change little in between."""

_SEEN: dict[tuple[object, ...], list[Mode]] = {}
_SEEN_MOST = 32
"""Modes of cross-sections that were solved before, and how many are remembered."""

_ENDS = {("x", -1): "west", ("x", 1): "east", ("y", -1): "south", ("y", 1): "north"}


def port_specs(
    scene: Scene,
    box: tuple[float, float, float, float],
    wavelength: float,
    media: dict[str, MediumSpec],
    frequencies: tuple[float, ...],
) -> tuple[PortSpec, ...]:
    """The ports of a 3D job, each on the face of the closed surface `box` that it leads through.

    A beam that goes on along one axis without optical ports has two: "west" and "east", or "south"
    and "north". What has none is said by `port_notes`.
    """
    if _metallic(media) or not scene.solids:
        return ()
    x0, y0, z0 = scene.emitter
    surrounding = {film.material for film in scene.films} | {scene.medium}
    margin = _MARGIN * wavelength / max(media[name].epsilon for name in surrounding) ** 0.5
    low = max(min(s.zmin for s in scene.solids) - z0 - margin, -box[2])
    high = min(max(s.zmax for s in scene.solids) - z0 + margin, box[3])
    specs = []
    for port in _openings(scene):
        u, v = port.direction
        if _oblique(port):
            continue
        along_x = abs(u) > abs(v)
        sign = int(np.sign(u if along_x else v))
        middle = port.centre[1] - y0 if along_x else port.centre[0] - x0
        across, face = (box[1], box[0]) if along_x else (box[0], box[1])
        left = max(middle - port.width / 2 - margin, -across)
        right = min(middle + port.width / 2 + margin, across)
        place, where = (left + right) / 2, (low + high) / 2
        centre = (sign * face, place, where) if along_x else (place, sign * face, where)
        specs.append(
            PortSpec(
                name=port.name,
                axis="x" if along_x else "y",
                sign=1 if sign > 0 else -1,
                centre=_rounded(centre),
                size=(round(right - left, 9), round(high - low, 9)),
                frequencies=frequencies,
            )
        )
    return tuple(specs)


def port_notes(scene: Scene, media: dict[str, MediumSpec]) -> tuple[str, ...]:
    """Which ports of a scene no guided share is computed for, and why."""
    openings = _openings(scene)
    if openings and _metallic(media):
        return ("light guided out of ports counts as radiated: modes with metal aren't solved",)
    return tuple(
        f"port {port.name} is along neither x nor y: its light counts as radiated"
        for port in openings
        if _oblique(port)
    )


def _openings(scene: Scene) -> list[Port]:
    return [*scene.ports] or _ends(scene)


def _oblique(port: Port) -> bool:
    return min(abs(part) for part in port.direction) > 1e-6


def _metallic(media: dict[str, MediumSpec]) -> bool:
    return any(medium.poles or medium.perfect_conductor for medium in media.values())


def _ends(scene: Scene) -> list[Port]:
    if scene.continues not in ("x", "y") or not scene.solids:
        return []
    xmin, ymin, xmax, ymax = scene.solids[0].bounds
    along = 0 if scene.continues == "x" else 1
    width = (ymax - ymin) if along == 0 else (xmax - xmin)
    middle = ((xmin + xmax) / 2, (ymin + ymax) / 2)
    out = []
    for sign in (-1, 1):
        direction = (float(sign), 0.0) if along == 0 else (0.0, float(sign))
        name = _ENDS[(scene.continues, sign)]
        out.append(Port(name, middle, direction, width, (0, 0)))
    return out


def _rounded(values: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 9) + 0.0 for value in values)
    return (x, y, z)


@dataclass(frozen=True)
class GuidedPort:
    """What one run says about one port.

    Attributes
    ----------
    job, spec, raw
        Of the run.
    """

    job: Job
    spec: PortSpec
    raw: RawResult

    @cached_property
    def flux(self) -> np.ndarray:
        """Power through the plane until the run's end, at the job's frequencies, per |J|²."""
        return self.raw.arrays[f"port_{self.spec.name}_flux"]

    @cached_property
    def modes(self) -> list[tuple[float, list[Mode]]]:
        """Frequencies, rising, and their guided modes: the ends of the band and its middle."""
        known = np.sort(self.spec.frequencies)
        wanted = known[np.linspace(0, len(known) - 1, min(_SOLVED, len(known))).round().astype(int)]
        return [(float(f), port_modes(self.job, self.spec, 1 / float(f))) for f in wanted]

    def amplitudes(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the modes going out and coming in at frequency `number`.

        Their squares are powers in the units of `flux`.
        """
        arrays = self.raw.arrays
        across, z = (arrays[f"port_{self.spec.name}_{axis}"] for axis in ("across", "z"))
        e_across, e_z, h_across, h_z = arrays[f"port_{self.spec.name}"][number]
        # The mode's own frame: its x is the port's outward normal, its z is up. To the left of
        # +x is +y, of −x is −y; of +y is −x, of −y is +x. H is an axial vector, but in this frame,
        # which is a rotation of the device's, it turns like E.
        turn = self.spec.sign if self.spec.axis == "x" else -self.spec.sign
        frequency = self.spec.frequencies[number]
        nearest = int(np.argmin([abs(f - frequency) for f, _ in self.modes]))
        e_y, h_y = turn * e_across, turn * h_across
        out, back = [], []
        for mode in self.modes[nearest][1]:
            e, h = _as_stored(mode, turn * across, z, 1 / self.job.resolution)
            scale = (e[1] * h[2].conj() - e[2] * h[1].conj()).real.sum()
            ours = (e_y * h[2].conj() - e_z * h[1].conj()).sum() / scale
            other = (e[1].conj() * h_z - e[2].conj() * h_y).sum() / scale
            # The mode's power is ½ ∫ Re(E × H*); the solver's flux has no ½, and is that of E and
            # the mean of H half a pixel before and behind it, which the grid conserves.
            unit = np.sqrt(2 * _half_pixel_loss(mode, 1 / self.job.resolution))
            out.append((ours + other) / 2 * unit)
            back.append((ours - other) / 2 * unit)
        return np.array(out), np.array(back)

    @cached_property
    def guided(self) -> np.ndarray:
        """Power in guided modes going out, less what comes back, as `flux`.

        Its share of the plane's flux, known where fields were kept, is interpolated between.
        """
        frequencies = self.raw.arrays["frequencies"]
        kept = np.array(self.spec.frequencies)
        flux = self.flux[[int(np.argmin(np.abs(frequencies - f))) for f in kept]]
        shares = np.zeros(len(kept))
        for number in range(len(kept)):
            out, back = self.amplitudes(number)
            guided = float((np.abs(out) ** 2).sum() - (np.abs(back) ** 2).sum())
            shares[number] = guided / flux[number] if flux[number] > 0 else 0.0
        order = np.argsort(kept)
        return np.interp(frequencies, kept[order], shares[order]) * self.flux


def _as_stored(
    mode: Mode, y: np.ndarray, z: np.ndarray, pixel: float
) -> tuple[np.ndarray, np.ndarray]:
    """E and H of a mode, (3, len(y), len(z)), as the solver's arrays would hold them.

    Arrays hold components moved from their places on Yee's grid to the centres of voxels by the
    mean of the neighbours half a pixel away, and moved again along x to the plane, which lies on
    the grid. That takes up to some percent from a wave, less from one of smaller wave number.
    """
    half = pixel / 2
    along = _half_pixel_loss(mode, pixel)

    def mean(kind: int, component: int, across: bool, upright: bool) -> np.ndarray:
        at = [
            mode.on(y + a * half, z + b * half)[kind][component]
            for a in ((-1, 1) if across else (0,))
            for b in ((-1, 1) if upright else (0,))
        ]
        return np.mean(at, axis=0)

    e, h = 0, 1
    electric = [mean(e, 0, True, True), mean(e, 1, False, True), mean(e, 2, True, False)]
    magnetic = [mean(h, 0, False, False), mean(h, 1, True, False), mean(h, 2, False, True)]
    return along**2 * np.stack(electric), along * np.stack(magnetic)


def _half_pixel_loss(mode: Mode, pixel: float) -> float:
    """What the mean of two places a pixel apart along the mode's way leaves of its amplitude."""
    return float(np.cos(np.pi * mode.effective_index / mode.wavelength * pixel))


def guided_ports(job: Job, raw: RawResult) -> dict[str, GuidedPort]:
    """The ports of a run by name."""
    return {spec.name: GuidedPort(job, spec, raw) for spec in job.ports}


def port_modes(job: Job, spec: PortSpec, wavelength: float, count: int = MODES) -> list[Mode]:
    """Guided modes of the cross-section that a port's plane makes of a job's solids.

    In the frame of the port: x out of the device, z up. Mode coordinates are about the emitter.
    """
    turn = spec.sign if spec.axis == "x" else -spec.sign

    def epsilon(y: np.ndarray, z: np.ndarray) -> np.ndarray:
        normal, across = np.full_like(y, spec.centre[0 if spec.axis == "x" else 1]), turn * y
        x, v = (normal, across) if spec.axis == "x" else (across, normal)
        return permittivity_at(job, x, v, z)

    middle = turn * spec.centre[1 if spec.axis == "x" else 0]
    half, up = spec.size[0] / 2, spec.size[1] / 2
    y_range = (middle - half, middle + half)
    z_range = (spec.centre[2] - up, spec.centre[2] + up)
    # The edge of the plane is surroundings: what they guide is not a mode of the port.
    edge_y = np.concatenate([np.full(64, y_range[0]), np.full(64, y_range[1])])
    edge_z = np.tile(np.linspace(*z_range, 64), 2)
    y_line = np.linspace(*y_range, 64)
    lids = [epsilon(y_line, np.full(64, z)) for z in z_range]
    around = max(*(lid.max() for lid in lids), epsilon(edge_y, edge_z).max()) ** 0.5
    densest = max(medium.epsilon for medium in job.media.values()) ** 0.5
    # Beyond the plane the mode goes on decaying.
    beyond = _BEYOND * wavelength / around
    y_box = (y_range[0] - beyond, y_range[1] + beyond)
    z_box = (z_range[0] - beyond, z_range[1] + beyond)
    # Ports often have equal cross-sections: each is solved once.
    sample = np.meshgrid(np.linspace(*y_box, 97), np.linspace(*z_box, 97), indexing="ij")
    known = (np.round(epsilon(*sample), 9).tobytes(), y_box, z_box, wavelength, count)
    if known not in _SEEN:
        if len(_SEEN) >= _SEEN_MOST:
            _SEEN.clear()
        # A wide port is solved on a coarser grid rather than not at all.
        area = (y_box[1] - y_box[0]) * (z_box[1] - z_box[0])
        step = max(wavelength / densest / 15, (area / _MOST_POINTS) ** 0.5)
        _SEEN[known] = guided_modes(
            epsilon, y_box, z_box, wavelength, count=count, step=step, floor=around
        )
    return _SEEN[known]


def permittivity_at(job: Job, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """ε that a job's solids give to points about the emitter (poles left out)."""
    known = np.array([medium.epsilon for medium in job.media.values()])
    return known[medium_at(job, x, y, z)]


def medium_at(job: Job, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Number, in the order of a job's media, of the medium at points about the emitter."""
    names = list(job.media)
    out = np.full(np.shape(x), names.index(job.background))
    for each in job.solids:
        out[_inside(each, x, y, z)] = names.index(each.medium)
    return out


def _inside(each: SolidSpec, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Whether points lie in a solid."""
    if each.kind == "prism":
        lean = (z - each.zmin) * np.tan(each.sidewall_angle)
        level = (z >= each.zmin) & (z <= each.zmin + each.height)
        return level & (_depth(np.array(each.vertices), x, y) >= lean)
    dx, dy, dz = x - each.centre[0], y - each.centre[1], z - each.centre[2]
    if each.kind == "cylinder":
        radius = each.radius + (each.radius_top - each.radius) * (dz / each.height + 0.5)
        return (np.abs(dz) <= each.height / 2) & (np.hypot(dx, dy) <= radius)
    c, s = np.cos(each.angle), np.sin(each.angle)
    u, v = c * dx + s * dy, c * dy - s * dx
    if each.kind == "ellipse":
        return (u / each.semi_axes[0]) ** 2 + (v / each.semi_axes[1]) ** 2 <= 1
    sides = [np.inf if extent is None else extent for extent in each.size]
    return (np.abs(u) <= sides[0] / 2) & (np.abs(v) <= sides[1] / 2) & (np.abs(dz) <= sides[2] / 2)


def _depth(outline: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance of points to an outline in the plane, positive inside of it."""
    nearest, crossings = np.full(np.shape(x), np.inf), np.zeros(np.shape(x), dtype=int)
    for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        length = max((x2 - x1) ** 2 + (y2 - y1) ** 2, 1e-30)
        along = np.clip(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length, 0, 1)
        apart = np.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))
        nearest = np.minimum(nearest, apart)
        if y1 != y2:
            between = (y1 > y) != (y2 > y)
            crossings += between & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return np.where(crossings % 2 == 1, nearest, -nearest)
