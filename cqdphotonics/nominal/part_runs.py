"""Computing the figures of a design's parts: a ring, and a beam with a ring."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from uncertainties import UFloat

from cqdphotonics import __version__, components, materials
from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import quantity
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd import Limits, Store, build_scene
from cqdphotonics.fdtd import beam_ring as plane
from cqdphotonics.fdtd.job import Computation
from cqdphotonics.fdtd.planar import (
    RingMode,
    read_modes,
    ring_job,
    touching,
    volume_at_dot,
)
from cqdphotonics.fdtd.ring_bus import BusCoupling, bus_coupling, resonance
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.fdtd.store import RawResult
from cqdphotonics.fdtd.waveguide import StripSection, strip_modes
from cqdphotonics.layout import stacks
from cqdphotonics.nominal.design import NominalDesign
from cqdphotonics.nominal.parts import Curve, PartFigure, PartsRecord, write_parts

GRIDS = (14.0, 20.0)
"""Pixels a wavelength of the two (r, z) runs; their difference is the uncertainty. The wavelength
is compared with that by the mode of the bend, too, which has another grid: faces of the rim lie
anywhere between the pixels, and two runs may be nearer to each other than to the truth."""

GAPS = (0.08, 0.14, 0.20, 0.26, 0.35)
"""Between beam and ring in µm at `_AT`; in proportion at other wavelengths."""

_WIDE_GAP, _LONG = 0.3, plane.InPlane(periods=750.0)
"""From this gap on runs take three times as long: a beat of the two modes lasts π/J, and after an
eighth of one, as at 0.32 µm and 250 periods, the fit left more than a tenth of J."""

BUS_GAPS = (0.06, 0.10, 0.15, 0.20, 0.30)
"""Between ring and bus, likewise."""

_AT = 0.62

_RZ = "(r, z)"
_PERIODS, _BANDWIDTH = 80.0, 0.1
_FIRST_ORDER = 0.05
"""Relative uncertainty of what a bus takes, to which what it takes in a turn is added: so far are
runs in the plane from the coupled modes (tests/physics/test_ring_bus.py)."""

_BEAM_MIRROR = 12
"""Mirror holes of the beam in the plane: J is that of the field in the middle."""


class _Recorder(Store):
    """A store that remembers what it was asked for."""

    def __init__(self, root: Path | str | None) -> None:
        super().__init__(root)
        self.asked: dict[str, Computation] = {}

    def get(self, job: Computation) -> RawResult | None:
        self.asked[job.hash] = job
        return super().get(job)

    @property
    def seconds(self) -> float:
        """Wall-clock time of all runs that were asked for, where they were run."""
        found = (super(_Recorder, self).get(job) for job in self.asked.values())
        return sum(float(raw.meta["seconds"]) for raw in found if raw is not None)


def compute_parts(
    design: NominalDesign,
    *,
    store: Path | str | None = None,
    directory: Path | None = None,
    limits: Limits | None = None,
    say: Callable[[str], None] | None = None,
) -> PartsRecord:
    """Compute the parts of a design and write them beside it; what is stored is not run again.

    Raises
    ------
    InputError, SimulationError, StorageError
    """
    place = _Recorder(store)
    makers = {"ring": _ring, "racetrack": _racetrack, "nanobeam_ring": _beam_and_ring}
    if design.component not in makers:
        raise InputError(
            f"{design.name}: the parts of '{design.component}' are not known; those of "
            f"{', '.join(makers)} are."
        )
    figures, curves = makers[design.component](design, place, limits, say or (lambda _: None))
    kept = PartsRecord(
        subject=design.subject,
        figures=tuple(figures),
        curves=curves,
        job_hashes=tuple(place.asked),
        version=__version__,
        cost_seconds=round(place.seconds, 1),
    )
    write_parts(design, kept, directory)
    return kept


def _value(number: UFloat | float) -> tuple[float, float]:
    known = quantity(number)
    return float(f"{known.nominal_value:.6g}"), float(f"{known.std_dev:.3g}")


def _section(scene: Scene, width: float, wavelength: float) -> StripSection:
    """Cross-section of a waveguide of the dot's film."""
    solid = scene.solids[0]

    def index(name: str) -> float:
        return round(float(materials.load(name).index(wavelength).real), 6)

    return StripSection(
        width=width,
        thickness=round(solid.zmax - solid.zmin, 9),
        core=index(solid.material),
        below=index(touching(scene, solid.zmin, "below")),
        above=index(touching(scene, solid.zmax, "above")),
    )


class _Rim:
    """A ring without bus in (r, z), on two grids."""

    def __init__(
        self,
        radius: float,
        section: StripSection,
        wavelength: float,
        store: Store,
        limits: Limits | None,
    ) -> None:
        self.radius, self.section = radius, section
        modes, volumes = [], []
        for pixels in GRIDS:
            job = ring_job(
                radius, section, wavelength, pixels=pixels, bandwidth=_BANDWIDTH,
                periods=_PERIODS, energy=True,
            )  # fmt: skip
            raw = run(job, store, limits=limits)
            modes.append(max(read_modes(job, raw), key=lambda mode: mode.amplitude))
            volumes.append(volume_at_dot(job, raw)[0])
        self.angular_number = job.angular_number
        self.mode: RingMode = modes[-1]
        self.of_bend = resonance(section, radius, self.angular_number, wavelength)
        last = modes[-1].wavelength
        spread = math.hypot(last - modes[0].wavelength, last - self.of_bend)
        self.wavelength = quantity(last, spread)
        spread = abs(modes[-1].quality - modes[0].quality)
        spread = math.hypot(spread, min(modes[-1].quality_spread, 1.0) * modes[-1].quality)
        self.quality = quantity(modes[-1].quality, min(spread, modes[-1].quality))
        self.volume = quantity(volumes[-1], abs(volumes[-1] - volumes[0]))

    @property
    def relative_volume(self) -> UFloat:
        """In (λ/n)³ of the core."""
        return self.volume / (self.mode.wavelength / self.section.core) ** 3

    def figures(self) -> list[PartFigure]:
        said = f"without bus, m = {self.angular_number}, on two grids"
        bend = 1e3 * (self.mode.wavelength - self.of_bend)
        also = f"{said}; {bend:+.2g} nm from that by the mode of its bend"
        rows = [
            ("wavelength", "resonance of the ring", self.wavelength, "µm"),
            ("quality", "Q of the ring alone", self.quality, ""),
            ("volume", "mode volume at the dot, in (λ/n)³", self.relative_volume, ""),
        ]
        return [
            PartFigure(
                key=k,
                name=n,
                value=_value(v),
                unit=u,
                dimension=_RZ,
                how=also if k == "wavelength" else said,
            )
            for k, n, v, u in rows
        ]


def _straight(section: StripSection, wavelength: float) -> tuple[float, float]:
    """Rate of a dipole in the middle of a straight waveguide into it, over the bulk's; n_g."""
    mode = next(m for m in strip_modes(section, wavelength) if m.polarisation == "TE")
    rate = mode.enhancement(0.0, section.thickness / 2, "y", section.core)
    return rate, mode.group_index


def _variant(design: NominalDesign, component: str, **parameters: Any) -> Scene:
    films = stacks.load(design.stack, **design.stack_parameters)
    return build_scene(components.load(component)(**parameters), films, design.dipole)


def _ring(
    design: NominalDesign, store: Store, limits: Limits | None, say: Callable[[str], None]
) -> tuple[list[PartFigure], dict[str, Curve]]:
    """A ring without its bus: its mode in (r, z), and what that gives a dot."""
    given: dict[str, Any] = dict(components.resolve("ring", design.parameters))
    bare = _variant(design, "ring", **{**given, "bus": "none"})
    section = _section(bare, given["width"], design.wavelength)
    say("ring alone, (r, z)")
    rim = _Rim(given["radius"], section, design.wavelength, store, limits)
    factor = 3 / (4 * math.pi**2) * rim.quality / rim.relative_volume
    rate, group = _straight(section, rim.mode.wavelength)
    around = group * 2 * math.pi * given["radius"]
    straight = 2 / math.pi * rim.quality * rim.mode.wavelength / around * rate
    figures = [
        *rim.figures(),
        PartFigure(key="purcell", name="F on its line, without bus, by Q/V", value=_value(factor),
                   dimension=_RZ, how="dot in the middle of the rim"),
        PartFigure(key="purcell_straight", name="the same by the straight waveguide",
                   value=_value(straight), dimension="cross-section",
                   how=f"{rate:.3g} of the bulk's rate into it, n_g = {group:.4g}, times 2/π of "
                   "the finesse"),
        *_with_bus(given, section, rim.quality, factor, rim.mode.wavelength),
    ]  # fmt: skip
    return figures, {}


def _with_bus(
    given: dict[str, Any],
    section: StripSection,
    quality: UFloat,
    purcell: UFloat,
    wavelength: float,
) -> list[PartFigure]:
    """What the bus takes from a ring or racetrack, and what it leaves of Q and F; none without."""
    buses = {"none": 0, "one": 1, "two": 2}[given["bus"]]
    if not buses:
        return []
    straight = given.get("straight", 0.0)
    taken = bus_coupling(
        section, given["radius"], wavelength, given["gap"], given["bus_width"], straight
    )
    name, part = taken.leading
    rate = _bus_rate(taken, guessed=1 - part if straight else 0.0)
    lost = rate * buses / angular_frequency(wavelength)
    loaded = 1 / (1 / quality + lost)
    how = "coupled modes of bend and bus"
    place = "its bus" if buses == 1 else "its two buses"
    rows = [
        ("bus", f"κ2 into the bus, gap {given['gap']:g} µm", rate, "rad/ps",
         f"{how}; {100 * part:.0f} % of it in {name}"),
        ("quality_loaded", f"Q with {place}", loaded, "", how),
        ("bus_share", f"of its light into {place}", lost * loaded, "", "to both ends"),
        ("purcell_loaded", f"F on its line, with {place}", purcell * loaded / quality, "", how),
    ]  # fmt: skip
    return [
        PartFigure(key=key, name=name, value=_value(value), unit=unit, how=said,
                   dimension=f"{_RZ}, cross-section" if key != "bus" else "cross-section")
        for key, name, value, unit, said in rows
    ]  # fmt: skip


def _bus_rate(taken: BusCoupling, guessed: float = 0.0) -> UFloat:
    """κ2 with its uncertainty: the first order's, and a share that is `guessed`."""
    spread = math.hypot(_FIRST_ORDER + taken.share, guessed)
    return quantity(taken.rate, spread * taken.rate)


def _racetrack(
    design: NominalDesign, store: Store, limits: Limits | None, say: Callable[[str], None]
) -> tuple[list[PartFigure], dict[str, Curve]]:
    """A racetrack without its bus: the loss of its bends in (r, z), the dot in a straight side."""
    given: dict[str, Any] = dict(components.resolve("racetrack", design.parameters))
    bare = _variant(design, "racetrack", **{**given, "bus": "none"})
    section = _section(bare, given["width"], design.wavelength)
    say("its bends as a ring, (r, z)")
    rim = _Rim(given["radius"], section, design.wavelength, store, limits)
    rate, group = _straight(section, design.wavelength)
    bends, sides = 2 * math.pi * given["radius"], 2 * given["straight"]
    # The same loss a turn, while light stays in the straight sides as well.
    quality = rim.quality * (bends + sides) / bends
    factor = 2 / math.pi * quality * design.wavelength / (group * (bends + sides)) * rate
    how = "bends as those of a ring; what the joints to the straight sides scatter is left out"
    figures = [
        PartFigure(key="quality", name="Q without bus, at most", value=_value(quality),
                   dimension=_RZ, how=how),
        PartFigure(key="free_range", name="free spectral range", unit="nm",
                   value=(float(f"{1e3 * design.wavelength**2 / (group * (bends + sides)):.4g}"),
                          0.0),
                   dimension="cross-section", how=f"n_g = {group:.4g}"),
        PartFigure(key="purcell_straight", name="F on its line without bus, at most, by the "
                   "straight waveguide", value=_value(factor), dimension=f"{_RZ}, cross-section",
                   how=f"{rate:.3g} of the bulk's rate into it, times 2/π of the finesse"),
        *_with_bus(given, section, quality, factor, design.wavelength),
    ]  # fmt: skip
    return figures, {}


def _beam_and_ring(
    design: NominalDesign, store: Store, limits: Limits | None, say: Callable[[str], None]
) -> tuple[list[PartFigure], dict[str, Curve]]:
    """A beam with a ring: J and the bus, in the plane."""
    given: dict[str, Any] = dict(components.resolve("nanobeam_ring", design.parameters))
    at = design.wavelength
    gaps, bus_gaps = (tuple(round(g * at / _AT, 3) for g in all_) for all_ in (GAPS, BUS_GAPS))
    ring = {"radius": given["ring_radius"], "width": given["ring_width"]}
    bare = _variant(design, "ring", **ring, bus="none")
    lattice = ("width", "inner_period", "outer_period", "taper", "hole_length", "hole_width")
    say("beam and ring each alone, in the plane")
    shared = {key: given[key] for key in lattice}
    tuned = plane.tuning(
        _variant(design, "nanobeam", **shared, mirror=_BEAM_MIRROR, end=0.5),
        bare, at, store, limits=limits,
    )  # fmt: skip
    couplings = []
    for gap in sorted(gaps, reverse=True):
        say(f"beam and ring, gap {gap:g} µm, in the plane")
        both = _variant(
            design, "nanobeam_ring", **shared, **{f"ring_{k}": v for k, v in ring.items()},
            gap=gap, mirror=_BEAM_MIRROR, bus="none", couplers="none", lead=0.5,
        )  # fmt: skip
        how = _LONG if gap >= _WIDE_GAP * at / _AT else None
        found = plane.crossing(both, tuned, at, store, how, limits=limits)
        if not found.trusted:
            say(f"gap {gap:g} µm: {found}")
            continue
        couplings.append((gap, *_value(found.coupling)))
    say("ring alone, (r, z)")
    section = _section(bare, given["ring_width"], at)
    rim = _Rim(given["ring_radius"], section, at, store, limits)
    buses, leading = [], ("", 0.0)
    for gap in sorted({*bus_gaps, given["bus_gap"]}):
        taken = bus_coupling(section, given["ring_radius"], at, gap, given["bus_width"])
        buses.append((gap, *_value(_bus_rate(taken))))
        if gap == given["bus_gap"]:
            leading, rate = taken.leading, _bus_rate(taken)
    curves = {
        "coupling": Curve(name="J", points=tuple(sorted(couplings)), dimension=plane.DIMENSION,
                          how="fitted avoided crossing, the ring tuned by its index"),
        "bus": Curve(name="κ2 into the bus", points=tuple(buses), dimension="cross-section",
                     how="coupled modes of bend and bus"),
    }  # fmt: skip
    own = angular_frequency(at) / rim.quality
    figures = [
        PartFigure(key="wavelength", name="resonance of the beam alone",
                   value=_value(tuned.beam.wavelength), unit="µm", dimension=plane.DIMENSION,
                   how="some percent beside that in 3D"),
        PartFigure(key="quality_ring", name="Q of the ring alone", value=_value(rim.quality),
                   dimension=_RZ, how=f"without bus, m = {rim.angular_number}, on two grids"),
        PartFigure(key="bus_share", name=f"of the ring's light into the bus, gap "
                   f"{given['bus_gap']:g} µm", value=_value(rate / (rate + own)),
                   dimension=f"{_RZ}, cross-section",
                   how=f"to both of its ends; {100 * leading[1]:.0f} % of it in {leading[0]}"),
    ]  # fmt: skip
    return figures, curves
