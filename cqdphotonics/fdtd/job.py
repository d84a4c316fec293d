"""A simulation as plain data, with a content hash.

A `Job` holds numbers only: what the solver needs and nothing that it does not, so that two ways to
the same geometry (a component, or the GDS file written from it) are the same job. Lengths are µm,
frequencies are vacuum wave numbers 1/λ in 1/µm (Meep's unit with c = 1), times are µm/c. The origin
of coordinates is the emitter.
"""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SOLVER_VERSION = 8
"""Raised when the worker computes something else from the same job; it is part of the hash."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Computation(_Frozen):
    """What the runner runs and the store keeps: plain data with a content hash.

    Kinds other than an emission (`Job`) carry a field ``kind``, by which the worker knows them.
    """

    def canonical(self) -> str:
        """JSON with sorted keys: the text that is hashed and handed to the solver."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """SHA-256 of `canonical()`, 32 hexadecimal digits of it."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:32]


class PoleSpec(_Frozen):
    """One pole of a dispersive medium, in Meep's convention (frequencies in 1/µm)."""

    kind: Literal["lorentz", "drude"]
    frequency: float
    gamma: float
    sigma: float


class MediumSpec(_Frozen):
    """ε(f) = epsilon + Σ poles, or a perfect conductor; `label` says what it stands for.

    Below 1 only as vacuum with the grid's dispersion taken out.
    """

    label: str
    epsilon: float = Field(gt=0.8)
    poles: tuple[PoleSpec, ...] = ()
    perfect_conductor: bool = False
    conductivity: float = Field(default=0.0, ge=0)
    """Multiplies ε by 1 + i σ/(2πf), in 1/µm: loss for a dielectric (gain for a metal)."""


class BlockSpec(_Frozen):
    """A box; infinite extents are written as None (JSON has no infinity)."""

    kind: Literal["block"] = "block"
    medium: str
    centre: tuple[float, float, float]
    size: tuple[float | None, float | None, float | None]
    angle: float = 0.0
    """Rotation about z in radians."""


class CylinderSpec(_Frozen):
    """A vertical disc or truncated cone: `radius` at the bottom, `radius_top` at the top."""

    kind: Literal["cylinder"] = "cylinder"
    medium: str
    centre: tuple[float, float, float]
    radius: float = Field(gt=0)
    radius_top: float = Field(ge=0)
    height: float = Field(gt=0)


class EllipseSpec(_Frozen):
    """A vertical elliptical cylinder, infinite in z.

    Later solids (substrate, cladding) cut it to its film: the solver has no elliptical cylinder of
    finite height.
    """

    kind: Literal["ellipse"] = "ellipse"
    medium: str
    centre: tuple[float, float, float]
    semi_axes: tuple[float, float]
    angle: float = 0.0


class PrismSpec(_Frozen):
    """A vertical prism from `zmin` to `zmin + height`; sidewalls lean in by `sidewall_angle`."""

    kind: Literal["prism"] = "prism"
    medium: str
    vertices: tuple[tuple[float, float], ...]
    zmin: float
    height: float = Field(gt=0)
    sidewall_angle: float = 0.0
    """Radians from the vertical."""


class SphereSpec(_Frozen):
    """A sphere; laid over all other solids, in the background."""

    medium: str
    centre: tuple[float, float, float]
    radius: float = Field(gt=0)


SolidSpec = Annotated[
    BlockSpec | CylinderSpec | EllipseSpec | PrismSpec, Field(discriminator="kind")
]


class SourceSpec(_Frozen):
    """A point current at the emitter: `component` one of Ex, Ey, Ez, Ep; `offset` along r or x."""

    component: Literal["Ex", "Ey", "Ez", "Ep"]
    offset: float = 0.0
    frequency: float = Field(gt=0)
    width: float = Field(gt=0)


class MirrorSpec(_Frozen):
    """A mirror plane through the emitter, normal to `axis`, with the parity of the fields."""

    axis: Literal["x", "y", "z"]
    parity: Literal[1, -1]


class StopSpec(_Frozen):
    """When a run ends.

    At every `interval` the spectrum of work is completed by what the ring-down says is still to
    come. The run ends when two completions in a row agree to `agreement` and what was still to
    come is at most `largest_tail` of the whole; or at `longest` after the source, unconverged.
    """

    agreement: float = Field(gt=0, lt=1)
    largest_tail: float = Field(gt=0, lt=1)
    interval: float = Field(gt=0)
    longest: float = Field(gt=0)
    whole_stretch: bool = False
    """Whether what is still to come is scaled by what the whole stretch that the exponentials were
    fitted to has brought, not by the last interval alone (a line of Q = 12500 then stands within
    .1 % after 40 µm/c, where it scattered by 1.5 % after 950); and whether, once it stands, the
    monitors are completed by the modes that ring, instead of waiting for `largest_tail`."""


class PortSpec(_Frozen):
    """A plane through which guided light leaves, about the emitter.

    Attributes
    ----------
    name : str
    axis : {"x", "y"}
        Normal of the plane.
    sign : {1, -1}
        Light that leaves goes along sign · axis.
    centre, size : (float, float, float) and (float, float)
        Of the plane, in µm; its size across (y or x) and along z.
    frequencies : tuple of float
        Where the fields are kept, for the overlap with guided modes.
    """

    name: str
    axis: Literal["x", "y"]
    sign: Literal[1, -1]
    centre: tuple[float, float, float]
    size: tuple[float, float]
    frequencies: tuple[float, ...]


class Job(Computation):
    """One FDTD run and the homogeneous run that normalises it.

    Attributes
    ----------
    formulation : {"cylindrical", "cartesian"}
        Cylindrical runs use (r, z) with fields ∝ exp(i m φ), `angular_number` m.
    resolution : float
        Pixels per µm.
    half_width, half_depth : float
        Inner half extents along x (the radius when cylindrical) and y (0 when cylindrical).
    below, above : float
        Inner extents along −z and +z from the emitter.
    pml : float
        Thickness of the absorbing layers outside the inner extents.
    side_pml : float, optional
        That of the layer around the side, where it differs.
    box : tuple of 4 floats
        Half width, half depth, depth below and height above of the closed surface through which
        power is counted; its top and bottom are the planes of the far-field transform.
    frequencies : tuple of float
        Where the spectrum is taken.
    emission_frequency : float
        Where the fields of the cross-section are kept.
    near_frequencies : tuple of float
        Where fields are kept for the far field, among `frequencies`; the emission alone if empty.
    reference_index, reference_half_width : float
        The homogeneous run: medium and inner half extent in every direction.
    reference : {"run", "theory"}
        Whether the homogeneous power comes from that run, or from theory (`fdtd.larmor`).
    ports : tuple of PortSpec
        Planes through which guided light leaves.
    mode_box : tuple of 4 floats, optional
        As `box`: where the energy of modes is counted; `box` itself if not given.
    spheres : tuple of SphereSpec
        Laid over the solids; there is no layout that they could come from.
    whole_modes : bool
        Keep the fields of modes in the whole of `mode_box` (cylindrical runs only).
    """

    solver_version: int = SOLVER_VERSION
    formulation: Literal["cylindrical", "cartesian"]
    angular_number: int = 0
    resolution: float = Field(gt=0)
    courant: float = Field(gt=0, lt=1)
    half_width: float = Field(gt=0)
    half_depth: float = Field(ge=0)
    below: float = Field(gt=0)
    above: float = Field(gt=0)
    pml: float = Field(gt=0)
    side_pml: float | None = Field(default=None, gt=0)
    box: tuple[float, float, float, float]
    media: dict[str, MediumSpec]
    background: str
    solids: tuple[SolidSpec, ...]
    mirrors: tuple[MirrorSpec, ...] = ()
    source: SourceSpec
    frequencies: tuple[float, ...]
    emission_frequency: float
    near_frequencies: tuple[float, ...] = ()
    stop: StopSpec
    reference_index: float
    reference_half_width: float
    ports: tuple[PortSpec, ...] = ()
    mode_box: tuple[float, float, float, float] | None = None
    spheres: tuple[SphereSpec, ...] = ()
    reference: Literal["run", "theory"] = "run"
    whole_modes: bool = False

    def canonical(self) -> str:
        """JSON with sorted keys; what came later only where it is used, as in older jobs."""
        content = self.model_dump(mode="json")
        if self.reference == "run":
            del content["reference"]
        for name in ("ports", "spheres", "whole_modes"):
            if not content[name]:
                del content[name]
        if not self.stop.whole_stretch:
            del content["stop"]["whole_stretch"]
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @property
    def side_layer(self) -> float:
        """Thickness of the absorbing layer around the side."""
        return self.pml if self.side_pml is None else self.side_pml

    def voxels(self) -> int:
        """Number of grid points that are stepped, mirrors counted."""
        width, depth = self.half_width + self.side_layer, self.half_depth + self.side_layer
        height = (self.below + self.above + 2 * self.pml) * self.resolution
        if self.formulation == "cylindrical":
            return round(width * self.resolution * height)
        count = 4 * width * depth * self.resolution**2 * height
        return round(count / 2 ** len(self.mirrors))
