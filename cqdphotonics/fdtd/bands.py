"""Band structure of a periodic beam or slab: edges, gap, mirror strength, and tapers made of them.

A unit cell of period a along x, centred on the origin, is run with Bloch's phase exp(2πi k) across
it (k in units of 2π/a; the zone ends at k = .5), and its modes are read from the ring-down. Lengths
are µm, frequencies are vacuum wave numbers 1/λ in 1/µm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from pydantic import Field

from cqdphotonics.errors import InputError, RangeError
from cqdphotonics.fdtd.job import (
    BlockSpec,
    Computation,
    EllipseSpec,
    MediumSpec,
    SolidSpec,
)
from cqdphotonics.fdtd.runner import Limits, run
from cqdphotonics.fdtd.store import RawResult, Store

LOWEST_Q = 150.0
"""Modes that decay faster are not bands."""

_PML_WAVELENGTHS = 0.5
_PADDING_WAVELENGTHS = 0.6
_PERIODS = 60.0
"""Length of the ring-down in periods of the light."""


class BandsJob(Computation):
    """Modes of one unit cell at some wave numbers.

    Attributes
    ----------
    period_pixels : int
        Pixels of one period: the grid's resolution is this over `period`.
    half_depth, half_height : float
        Inner half extents along y and z, outside of which absorbing layers `pml` begin; a
        `half_height` of 0 is a run in the plane (x, y) with Ex, Ey, Hz. Where `pml` is 0 the cell
        is periodic along y and z, too.
    parity_y, parity_z : {1, -1, 0}
        Of the mirror planes y = 0 and z = 0, as Meep counts it (the parity of Ex); 0 for none.
    component : {"Ex", "Ey", "Ez"}
        Of the source, which sits at `source`; `probes` are further points to listen at.
    wave_numbers : tuple of float
        In units of 2π over the period.
    centre, width : float
        Of the source's spectrum, 1/µm.
    duration : float
        Of the ring-down, µm/c.
    """

    kind: Literal["bands"] = "bands"
    version: int = 1
    period: float = Field(gt=0)
    period_pixels: int = Field(ge=4)
    courant: float = Field(default=0.5, gt=0, lt=1)
    half_depth: float = Field(gt=0)
    half_height: float = Field(default=0.0, ge=0)
    pml: float = Field(ge=0)
    media: dict[str, MediumSpec]
    background: str
    solids: tuple[SolidSpec, ...]
    parity_y: Literal[1, -1, 0] = 0
    parity_z: Literal[1, -1, 0] = 0
    component: Literal["Ex", "Ey", "Ez"] = "Ey"
    source: tuple[float, float, float]
    wave_numbers: tuple[float, ...]
    centre: float = Field(gt=0)
    width: float = Field(gt=0)
    duration: float = Field(gt=0)

    @property
    def resolution(self) -> float:
        """Pixels per µm."""
        return self.period_pixels / self.period

    def voxels(self) -> int:
        """Number of grid points that are stepped."""
        depth = 2 * (self.half_depth + self.pml) * self.resolution
        height = 2 * (self.half_height + self.pml) * self.resolution if self.half_height else 1.0
        mirrors = (self.parity_y != 0) + (self.parity_z != 0)
        return round(self.period_pixels * depth * height / 2**mirrors)


@dataclass(frozen=True)
class BeamCell:
    """The unit cell of a beam with one hole, symmetric about y = 0 and its middle height.

    Attributes
    ----------
    period, width, thickness : float
        In µm; `thickness` is ignored in two dimensions.
    hole : (float, float)
        Diameters of the hole along x and y, in µm; (0, 0) for none.
    shape : {"ellipse", "rectangle"}
    core, around : float
        Refractive indices; in two dimensions `core` is the film's effective index.
    """

    period: float
    width: float
    thickness: float
    hole: tuple[float, float]
    shape: Literal["ellipse", "rectangle"] = "ellipse"
    core: float = 2.0
    around: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.hole[0] < self.period or not 0 <= self.hole[1] < self.width:
            raise RangeError(
                f"a hole of {self.hole[0]:g} × {self.hole[1]:g} µm does not fit into a cell of "
                f"{self.period:g} × {self.width:g} µm: it has to be smaller than that."
            )

    @property
    def filling(self) -> float:
        """Share of the cell's area that the hole takes."""
        area = self.hole[0] * self.hole[1] * (np.pi / 4 if self.shape == "ellipse" else 1.0)
        return float(area / (self.period * self.width))

    def in_plane(self, wavelength: float) -> "BeamCell":
        """The cell for a run in two dimensions: the film's TE effective index as its core."""
        from dataclasses import replace

        from cqdphotonics.fdtd.waveguide import slab_index

        index = slab_index(self.thickness, self.core, self.around, self.around, wavelength)
        return replace(self, core=index)


@dataclass(frozen=True)
class Bands:
    """Modes of a unit cell.

    Attributes
    ----------
    job : BandsJob
    modes : tuple, one entry a wave number, of tuples of (frequency 1/µm, quality factor)
        Rising in frequency.
    dimension : {"3D", "2D effective index", "2D"}
    """

    job: BandsJob
    modes: tuple[tuple[tuple[float, float], ...], ...]
    dimension: str

    def at(self, wave_number: float) -> tuple[tuple[float, float], ...]:
        """Frequency and Q of the modes at a wave number that was run."""
        known = np.array(self.job.wave_numbers)
        nearest = int(np.argmin(np.abs(known - wave_number)))
        if abs(known[nearest] - wave_number) > 1e-9:
            raise InputError(f"wave number {wave_number:g} was not run; known are {known}.")
        return self.modes[nearest]

    def guided(self, wave_number: float, index: float = 1.0) -> tuple[float, ...]:
        """Frequencies of the modes below the light line of the surroundings."""
        line = wave_number / self.job.period / index
        return tuple(f for f, _ in self.at(wave_number) if f < line)

    @property
    def edges(self) -> "BandEdges":
        """Of the first gap, from the two lowest modes at k = .5.

        Raises
        ------
        InputError
            There are fewer than two.
        """
        modes = self.at(0.5)
        if len(modes) < 2:
            raise InputError(
                f"only {len(modes)} mode of Q ≥ {LOWEST_Q:g} was found at the zone's end: there is "
                "no gap to give. Widen the source's spectrum, or change the cell."
            )
        return BandEdges(modes[0][0], modes[1][0], self.dimension)


@dataclass(frozen=True)
class BandEdges:
    """Edges of a gap at the end of the zone, frequencies in 1/µm.

    Attributes
    ----------
    dielectric, air : float
        The lower edge, whose field is strongest in the dielectric, and the upper one.
    dimension : str
        Of the run that they come from.
    """

    dielectric: float
    air: float
    dimension: str = ""

    @property
    def middle(self) -> float:
        """Mid-gap frequency."""
        return (self.dielectric + self.air) / 2

    @property
    def gap(self) -> float:
        """Width over mid-gap frequency."""
        return (self.air - self.dielectric) / self.middle

    def mirror_strength(self, frequency: float) -> float:
        """γ at a frequency: the decay of the field is exp(−πγ) in amplitude a cell; 0 outside.

        γ² = ((ω₂ − ω₁)/(ω₂ + ω₁))² − ((ω − ω₀)/ω₀)² (Quan & Lončar, Opt. Express 19, 18529 (2011)).
        """
        half, aside = self.gap / 2, frequency / self.middle - 1
        return float(np.sqrt(max(half**2 - aside**2, 0.0)))


def beam_job(
    cell: BeamCell,
    wavelength: float,
    *,
    two_dimensional: bool = False,
    period_pixels: int | None = None,
    wave_numbers: Sequence[float] = (0.5,),
    bandwidth: float = 0.8,
) -> BandsJob:
    """The job for the TE-like modes (Ey in the middle of the beam) of a cell.

    Parameters
    ----------
    cell : BeamCell
    wavelength : float
        About which modes are looked for, µm.
    two_dimensional : bool
        Run in the plane; give a cell `in_plane`.
    period_pixels : int, optional
        About 14 pixels a wavelength in the core by default.
    bandwidth : float
        Full width of the source's spectrum over its centre.
    """
    wanted = 14 * cell.period * cell.core / wavelength
    pixels = period_pixels if period_pixels is not None else max(6, ceil(wanted))
    resolution = pixels / cell.period

    def up(length: float) -> float:
        return ceil(length * resolution - 1e-6) / resolution

    padding = _PADDING_WAVELENGTHS * wavelength / cell.around
    pml = up(_PML_WAVELENGTHS * wavelength)
    solids: list[SolidSpec] = [
        BlockSpec(medium="core", centre=(0, 0, 0), size=(None, cell.width, None))
    ]
    if min(cell.hole) > 0:
        if cell.shape == "ellipse":
            axes = (cell.hole[0] / 2, cell.hole[1] / 2)
            solids.append(EllipseSpec(medium="around", centre=(0, 0, 0), semi_axes=axes))
        else:
            size = (cell.hole[0], cell.hole[1], None)
            solids.append(BlockSpec(medium="around", centre=(0, 0, 0), size=size))
    height = 0.0
    if not two_dimensional:
        height = up(cell.thickness / 2 + padding)
        # A hole has no end of its own: the surroundings cut it. They end with the cell, since the
        # solver repeats what reaches beyond.
        low, high = cell.thickness / 2, height + pml
        for sign in (-1, 1):
            centre = (0.0, 0.0, sign * (low + high) / 2)
            solids.append(BlockSpec(medium="around", centre=centre, size=(None, None, high - low)))
    frequency = 1 / wavelength
    return BandsJob(
        period=cell.period,
        period_pixels=pixels,
        half_depth=up(cell.width / 2 + padding),
        half_height=height,
        pml=pml,
        media={
            "core": MediumSpec(label="core", epsilon=round(cell.core**2, 9)),
            "around": MediumSpec(label="around", epsilon=round(cell.around**2, 9)),
        },
        background="around",
        solids=tuple(solids),
        parity_y=-1,
        parity_z=0 if two_dimensional else 1,
        # Neither at a node of the modes that are even about the hole nor of those that are odd.
        source=(round(cell.period * 0.3, 9), 0.0, 0.0),
        wave_numbers=tuple(wave_numbers),
        centre=frequency,
        width=bandwidth * frequency,
        duration=_PERIODS * wavelength,
    )


def bands(
    job: BandsJob,
    store: Store | None = None,
    *,
    dimension: str | None = None,
    limits: Limits | None = None,
) -> Bands:
    """Run a job, or take its result from the store, and read the modes from it."""
    raw = run(job, store if store is not None else Store(), limits=limits)
    if dimension is None:
        dimension = "3D" if job.half_height else "2D"
    return Bands(job, _modes(job, raw), dimension)


def beam_edges(
    cell: BeamCell,
    wavelength: float,
    store: Store | None = None,
    *,
    two_dimensional: bool = False,
    period_pixels: int | None = None,
) -> BandEdges:
    """Edges of a beam's gap; see `beam_job`. In two dimensions with the film's effective index."""
    if two_dimensional:
        cell = cell.in_plane(wavelength)
    job = beam_job(cell, wavelength, two_dimensional=two_dimensional, period_pixels=period_pixels)
    dimension = "2D effective index" if two_dimensional else "3D"
    return bands(job, store, dimension=dimension).edges


def _modes(job: BandsJob, raw: RawResult) -> tuple[tuple[tuple[float, float], ...], ...]:
    out = []
    for number in range(len(job.wave_numbers)):
        frequency, quality, amplitude = raw.arrays[f"modes_{number}"]
        near = np.abs(frequency - job.centre) <= job.width / 2
        strong = amplitude >= 1e-3 * amplitude[near].max() if near.any() else near
        held = [
            (float(f), float(q))
            for f, q, kept in zip(frequency, quality, near & strong, strict=True)
            if kept and (q >= LOWEST_Q or q < 0)
        ]
        out.append(tuple(sorted(held)))
    return tuple(out)


def design_taper(
    edges: Callable[[float], BandEdges],
    bounds: tuple[float, float],
    *,
    cells: int,
    frequency: float | None = None,
    samples: int = 5,
) -> "Taper":
    """Cells from the middle of a cavity to its mirror, of mirror strength linear in their number.

    A field that decays as exp(−πγ) a cell, with γ growing linearly, is a Gaussian, which has the
    fewest Fourier components in the light cone (Quan & Lončar 2011).

    Parameters
    ----------
    edges : callable
        Band edges of the cell with a given parameter (period or filling, µm or 1).
    bounds : (float, float)
        Parameter of the central cell, and of the mirror.
    cells : int
        From the central cell to the first one that is all mirror.
    frequency : float, optional
        Of the cavity, 1/µm; the dielectric edge of the central cell, for a mode whose field is
        strongest in the dielectric, by default.
    samples : int
        Parameters at which the edges are computed; they are interpolated between by a polynomial
        of at most third degree.

    Raises
    ------
    RangeError
        The mirror's gap does not hold the frequency, or its strength doesn't rise from one end to
        the other.
    """
    if cells < 2 or samples < 3:
        raise RangeError(f"{cells} cells and {samples} samples: 2 and 3 are the least.")
    known = np.linspace(*bounds, samples)
    found = [edges(float(p)) for p in known]
    wanted = frequency if frequency is not None else found[0].dielectric
    degree = min(3, samples - 1)
    low = np.polyfit(known, [e.dielectric for e in found], degree)
    high = np.polyfit(known, [e.air for e in found], degree)
    fine = np.linspace(*bounds, 401)
    strength = np.array(
        [
            BandEdges(float(a), float(b)).mirror_strength(wanted)
            for a, b in zip(np.polyval(low, fine), np.polyval(high, fine), strict=True)
        ]
    )
    last = strength[-1]
    # Strength rises from the point where the frequency enters the gap, perhaps after the bound.
    if last <= 0 or np.any(np.diff(strength) < -1e-3 * last):
        raise RangeError(
            f"the mirror strength at {wanted:.4g} /µm does not rise from parameter {bounds[0]:g} "
            f"to {bounds[1]:g} (it ends at {last:.3g}). Choose a mirror whose gap holds the "
            "cavity's frequency nearer to its middle, or a smaller step."
        )
    targets = last * np.arange(cells + 1) / cells
    # Where the strength is still 0 it does not tell parameters apart: begin at the bound.
    rising = np.concatenate([[0], np.flatnonzero(strength > 0)])
    parameters = np.interp(targets, strength[rising], fine[rising])
    return Taper(
        parameters=tuple(float(p) for p in parameters),
        strengths=tuple(float(t) for t in targets),
        frequency=float(wanted),
        dimension=found[0].dimension,
    )


@dataclass(frozen=True)
class Taper:
    """Parameters of the cells from the middle outward, and the mirror strength of each.

    Attributes
    ----------
    parameters, strengths : tuple of float
        Of cell 0 (the middle) to the first that is all mirror.
    frequency : float
        At which the strengths hold, 1/µm.
    dimension : str
        Of the band structures behind it.
    """

    parameters: tuple[float, ...]
    strengths: tuple[float, ...]
    frequency: float
    dimension: str
