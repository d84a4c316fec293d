"""Light on a periodic array: what one unit cell of it passes, reflects, absorbs and enhances.

A plane wave falls at normal incidence on one cell, which repeats along x and y without end. Two
runs belong to a job: the cell, and the same grid without anything in it, which gives the incident
light. Lengths are µm, frequencies vacuum wave numbers 1/λ in 1/µm, times µm/c. The origin is the
emitter, in the middle of the cell.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cqdphotonics.fdtd.job import Computation, MediumSpec, MirrorSpec, SolidSpec

Side = Literal["up", "down"]

NAMES = {
    "transmittance": "transmittance",
    "reflectance": "reflectance",
    "absorptance": "absorptance",
    "emitter": "|E|²/|E₀|² at the emitter",
    "hole_mean": "|E|²/|E₀|², mean over the hole",
    "hole_highest": "|E|²/|E₀|², highest in the hole",
}
"""How the spectra are called."""


class QuietSpec(BaseModel):
    """When a run ends.

    At every `interval` after the source: when twice in a row no spectrum changes by more than
    `agreement` of the light and no more than `left` of the highest field is there; at the latest
    after `longest`, unconverged. Times are µm/c.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    agreement: float = Field(gt=0, lt=1)
    left: float = Field(gt=0, lt=1)
    interval: float = Field(gt=0)
    longest: float = Field(gt=0)


class LatticeJob(Computation):
    """A plane wave on one cell of an array.

    Attributes
    ----------
    resolution : float
        Pixels per µm; each period is a whole, even number of them.
    periods : (float, float)
        Along x and y.
    below, above : float
        Extents along −z and +z from the emitter; absorbing layers `pml` begin there.
    media, background, solids
        As in an emission's job. With dispersive media nothing is averaged over pixels; the solids
        then hold the layers that faces of metals need.
    averaging : bool
        Whether the solver averages the permittivity of pixels that a surface cuts.
    travels : {"up", "down"}
        Along +z or −z.
    incidence : str
        Medium that the light comes from.
    polarisation : {"x", "y"}
    source, entry, exit : float
        Heights of the sheet of current, and of the planes through which light comes in (less what
        is reflected) and goes out.
    mirrors : tuple of MirrorSpec
        Planes normal to x or y; their parity follows from the polarisation.
    frequencies : tuple of float
        Of the spectra, rising.
    region : tuple of 6 floats, optional
        Centre and size of the box in which the field is kept at every frequency (the hole).
    cut : (float, float)
        From which to which height the field is kept in the plane y = 0.
    cut_stride : int
        At each how many-th frequency.
    stop : QuietSpec
    """

    kind: Literal["lattice"] = "lattice"
    version: int = 2
    resolution: float = Field(gt=0)
    courant: float = Field(default=0.5, gt=0, lt=1)
    periods: tuple[float, float]
    below: float = Field(gt=0)
    above: float = Field(gt=0)
    pml: float = Field(gt=0)
    media: dict[str, MediumSpec]
    background: str
    solids: tuple[SolidSpec, ...]
    averaging: bool
    travels: Side
    incidence: str
    polarisation: Literal["x", "y"] = "x"
    source: float
    entry: float
    exit: float
    mirrors: tuple[MirrorSpec, ...] = ()
    frequencies: tuple[float, ...]
    region: tuple[float, float, float, float, float, float] | None = None
    cut: tuple[float, float]
    cut_stride: int = 1
    stop: QuietSpec

    def voxels(self) -> int:
        """Number of grid points that are stepped, mirrors counted."""
        height = self.below + self.above + 2 * self.pml
        count = self.periods[0] * self.periods[1] * height * self.resolution**3
        return round(count / 2 ** len(self.mirrors))
