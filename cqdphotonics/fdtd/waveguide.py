"""Guided modes of a waveguide's cross-section, and of a slab; no Meep.

Light goes along +x; y and z are the coordinates of the cross-section. Fields vary as
exp(i(βx − ωt)), with H in units in which the impedance of vacuum is 1, as in the solver.

The two-dimensional modes are those of the full Maxwell equations on Yee's grid (Zhu & Brown, Opt.
Express 10, 853 (2002)). Its box has to lie where the mode has decayed: the walls at its upper ends
are electric conductors, those half a step below its lower ends magnetic ones.
The permittivity of each component is averaged over its own cell, harmonically across interfaces
and arithmetically along them, so that the error falls as the square of the grid's step.
A bend is straight in the coordinates of its own turn, where ε and µ depend on the radius.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from cqdphotonics.errors import InputError, RangeError

Permittivity = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""ε at points (y, z) in µm, arrays of one shape."""

_SUBSAMPLES = 16


@dataclass(frozen=True)
class StripSection:
    """A strip of trapezoidal cross-section on a substrate, under a cladding.

    z = 0 is the bottom of the strip.

    Attributes
    ----------
    width, thickness : float
        In µm; the width is that at half the height.
    core, below, above : float
        Refractive indices of strip, substrate and cladding (which also lies beside the strip).
    sidewall_angle : float
        Of the walls from the vertical, in degrees; the strip is narrower at its top.
    slab : float
        Thickness in µm of core material that was left beside the strip (a rib waveguide).
    """

    width: float
    thickness: float
    core: float
    below: float = 1.0
    above: float = 1.0
    sidewall_angle: float = 0.0
    slab: float = 0.0

    def __post_init__(self) -> None:
        for name in ("width", "thickness", "core", "below", "above"):
            if not getattr(self, name) > 0:
                raise RangeError(f"{name} = {getattr(self, name):g}: it has to be more than 0.")

    def permittivity(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """ε at points of the cross-section."""
        lean = (z - self.thickness / 2) * np.tan(np.radians(self.sidewall_angle))
        inside = (z >= 0) & (z <= self.thickness)
        core = inside & ((np.abs(y) <= self.width / 2 - lean) | (z <= self.slab))
        outside = np.where(z < 0, self.below**2, self.above**2)
        return np.where(core, self.core**2, outside)


@dataclass(frozen=True)
class Mode:
    """One guided mode of a cross-section.

    Attributes
    ----------
    wavelength : float
        In vacuum, µm.
    effective_index : float
        β over the wave number in vacuum.
    group_index : float
        c over the speed of a pulse, without the dispersion of the materials.
    polarisation : {"TE", "TM"}
        Which field lies mostly in the plane of the chip: of |E|² in the cross-section, the share
        along y is more than half for "TE".
    polarisation_share : float
        That share for "TE", of Ez for "TM".
    y, z : (ny,), (nz,) float arrays
        Where the fields are known, µm.
    electric, magnetic : (3, ny, nz) complex arrays
        x, y and z components; scaled so that the power ½ ∫ Re(E × H*)·x dA is 1.
    epsilon : (ny, nz) float array
    """

    wavelength: float
    effective_index: float
    group_index: float
    polarisation: Literal["TE", "TM"]
    polarisation_share: float
    y: np.ndarray
    z: np.ndarray
    electric: np.ndarray
    magnetic: np.ndarray
    epsilon: np.ndarray

    @property
    def cell(self) -> float:
        """Area in µm² that one point of the fields stands for."""
        return float((self.y[1] - self.y[0]) * (self.z[1] - self.z[0]))

    def field_at(self, y: float, z: float) -> np.ndarray:
        """E (3,) at a point."""
        return _bilinear(self.electric, self.y, self.z, np.array([y]), np.array([z]))[:, 0, 0]

    def on(self, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """E and H, (3, len(y), len(z)) each, on another grid; 0 outside of the mode's own."""
        return (
            _bilinear(self.electric, self.y, self.z, y, z),
            _bilinear(self.magnetic, self.y, self.z, y, z),
        )

    def enhancement(self, y: float, z: float, axis: Literal["x", "y", "z"], host: float) -> float:
        """Rate of a dipole into this mode, both directions, over its rate in index `host`.

        Exact for a lossless guided mode: a unit current emits the power |E·d|²/16 into each
        direction, for a mode of power 1/2 ∫ Re(E × H*) = 1 (reciprocity; Snyder & Love, Optical
        Waveguide Theory, ch. 21), and n k²/12π in the bulk. With the energy's definition of the
        group velocity this is Γ/Γ₀ = 3/(4π) n_g/n (λ/n)²/A, the usual form.
        """
        component = self.field_at(y, z)["xyz".index(axis)]
        k = 2 * np.pi / self.wavelength
        return float(1.5 * np.pi * abs(component) ** 2 / (host * k**2))

    @cached_property
    def confinement_area(self) -> float:
        """∫ ε|E|² dA over its largest value, µm²."""
        density = self.epsilon * (np.abs(self.electric) ** 2).sum(axis=0)
        return float(density.sum() * self.cell / density.max())


def strip_modes(
    section: StripSection,
    wavelength: float,
    *,
    count: int = 2,
    step: float | None = None,
    margin: float | None = None,
) -> list[Mode]:
    """Guided modes of a strip, highest effective index first; fewer than `count` if there are.

    Parameters
    ----------
    section : StripSection
    wavelength : float
        In vacuum, µm.
    count : int
        How many at most.
    step : float, optional
        Of the grid, µm; a twentieth of the wavelength in the core by default.
    margin : float, optional
        From the strip to the walls of the box, µm; by default .9 wavelengths of the densest medium
        around it, which suits all but modes near cut-off.
    """
    step = step if step is not None else wavelength / section.core / 20
    around = max(section.below, section.above)
    margin = margin if margin is not None else 0.9 * wavelength / around
    half = section.width / 2 + margin
    return guided_modes(
        section.permittivity,
        (-half, half),
        (-margin, section.thickness + margin),
        wavelength,
        count=count,
        step=step,
        floor=around,
    )


def guided_modes(
    permittivity: Permittivity,
    y_range: tuple[float, float],
    z_range: tuple[float, float],
    wavelength: float,
    *,
    count: int = 2,
    step: float,
    floor: float,
    radius: float | None = None,
) -> list[Mode]:
    """Guided modes of any cross-section ε(y, z), highest effective index first.

    Parameters
    ----------
    permittivity : callable
        Real ε of (y, z).
    y_range, z_range : (float, float)
        The box, µm; the upper ends move out to a whole number of steps.
    wavelength, count, step
        As in `strip_modes`.
    floor : float
        Index of the surroundings: what lies at or below it is not guided.
    radius : float, optional
        Of a bend, from its axis to y = 0, with y outward (µm). The effective index is that along
        the turn at y = 0: the angular number over k times the radius. What a bend radiates is
        left out: the wall at the outer end has to lie before its waves can go out (see
        `cqdphotonics.fdtd.ring_bus.bent_mode`).

    Raises
    ------
    InputError
        The grid is too coarse to hold the box, or larger than can be solved here.
    """
    ny, nz = (int(np.ceil((high - low) / step - 1e-9)) for low, high in (y_range, z_range))
    if ny < 8 or nz < 8 or ny * nz > 150_000:
        raise InputError(
            f"a cross-section of {ny} × {nz} points can't be solved: between 8 × 8 and 150 000 "
            "points are allowed. Change the step or the box."
        )
    grid = _Grid(permittivity, y_range[0], z_range[0], ny, nz, step, radius)
    k = 2 * np.pi / wavelength
    matrix = grid.operator(k)
    indices, vectors = _eigenmodes(matrix, k, count, grid.highest_index)
    modes = []
    for index, vector in zip(indices, vectors.T, strict=True):
        if index > floor * (1 + 1e-6):
            modes.append(_mode(grid, k, float(index), vector))
    return modes


def slab_index(
    thickness: float,
    core: float,
    below: float,
    above: float,
    wavelength: float,
    polarisation: Literal["TE", "TM"] = "TE",
    order: int = 0,
) -> float:
    """Effective index of a mode of a plane film, from its characteristic equation.

    κd = mπ + atan(ρ↓ γ↓/κ) + atan(ρ↑ γ↑/κ), with ρ = 1 for TE and ε_core/ε for TM (e.g. Snyder &
    Love, ch. 12).

    Raises
    ------
    RangeError
        There is no such mode.
    """
    from scipy.optimize import brentq

    k = 2 * np.pi / wavelength

    def phase(index: float) -> float:
        kappa = k * np.sqrt(core**2 - index**2)
        total = kappa * thickness - order * np.pi
        for outside in (below, above):
            ratio = 1.0 if polarisation == "TE" else (core / outside) ** 2
            gamma = k * np.sqrt(max(index**2 - outside**2, 0.0))
            total -= np.arctan(ratio * gamma / kappa)
        return float(total)

    lowest = max(below, above)
    low, high = lowest * (1 + 1e-12), core * (1 - 1e-12)
    if core <= lowest or phase(low) <= 0:
        raise RangeError(
            f"a film of index {core:g}, {thickness:g} µm thick, between {below:g} and {above:g} "
            f"has no {polarisation}{order} mode at {wavelength:g} µm."
        )
    return float(brentq(phase, low, high, xtol=1e-14))


class _Grid:
    """Differences and averaged permittivities on Yee's grid of one cross-section.

    Cell (i, j) has its corner at (y₀ + iΔ, z₀ + jΔ). Ey sits at (i + ½, j), Ez at (i, j + ½), Ex
    at (i, j); Hy at (i, j + ½), Hz at (i + ½, j), Hx at (i + ½, j + ½).
    """

    def __init__(
        self,
        permittivity: Permittivity,
        y0: float,
        z0: float,
        ny: int,
        nz: int,
        step: float,
        radius: float | None = None,
    ) -> None:
        from scipy import sparse

        self.y0, self.z0, self.ny, self.nz, self.step = y0, z0, ny, nz, step
        within = ((np.arange(_SUBSAMPLES) + 0.5) / _SUBSAMPLES - 0.5) * step

        def sampled(y_shift: float, z_shift: float) -> np.ndarray:
            """ε (ny, nz, sub-y, sub-z) in the cells about the points of one component."""
            y = y0 + (np.arange(ny) + y_shift)[:, None] * step + within
            z = z0 + (np.arange(nz) + z_shift)[:, None] * step + within
            at = np.broadcast_arrays(y[:, None, :, None], z[None, :, None, :])
            return np.asarray(permittivity(*at), dtype=float)

        y_cells, z_cells, x_cells = sampled(0.5, 0.0), sampled(0.0, 0.5), sampled(0.0, 0.0)
        # Along the interface arithmetic, across it harmonic; Ex lies along all of them.
        self.epsilon_y = 1 / (1 / y_cells.mean(axis=3)).mean(axis=2)
        self.epsilon_z = 1 / (1 / z_cells.mean(axis=2)).mean(axis=2)
        self.epsilon_x = x_cells.mean(axis=(2, 3))
        # Along the turn lengths are (1 + y/R) times those at y = 0. Maxwell's equations are those
        # of a straight guide with ε and µ along x divided by that, across it multiplied, and with
        # Ex and Hx multiplied (Ward & Pendry, J. Mod. Opt. 43, 773 (1996)).
        turn = np.arange(ny)[:, None] * step + y0 + np.zeros((1, nz))
        at_corner = 1 + turn / radius if radius else np.ones((ny, nz))
        at_centre = at_corner + (step / 2 / radius if radius else 0.0)
        self.epsilon_y, self.epsilon_z = self.epsilon_y * at_centre, self.epsilon_z * at_corner
        self.along = self.epsilon_x / at_corner
        self.mu_y, self.mu_z, self.mu_x = at_corner, at_centre, 1 / at_centre
        self.stretch_e, self.stretch_h = at_corner, at_centre
        largest = at_corner.max() if radius else 1.0
        self.highest_index = float(np.sqrt(x_cells.max()) * largest)

        def forward(count: int) -> Any:
            return sparse.diags([-np.ones(count), np.ones(count - 1)], [0, 1]) / step

        uy = sparse.kron(forward(ny), sparse.identity(nz), format="csr")
        uz = sparse.kron(sparse.identity(ny), forward(nz), format="csr")
        self.uy, self.uz, self.vy, self.vz = uy, uz, -uy.T.tocsr(), -uz.T.tocsr()

    def operator(self, k: float) -> Any:
        """The matrix whose eigenvalues are β², acting on (Ey, Ez)."""
        from scipy import sparse

        def diagonal(values: np.ndarray) -> Any:
            return sparse.diags(values.ravel())

        inverse, inverse_mu = diagonal(1 / self.along), diagonal(1 / self.mu_x)
        ey, ez, my, mz = map(diagonal, (self.epsilon_y, self.epsilon_z, self.mu_y, self.mu_z))
        uy, uz, vy, vz = self.uy, self.uz, self.vy, self.vz
        # The names of Zhu & Brown, with their (x, y, z) as our (y, z, x).
        p = sparse.bmat(
            [
                [-uy @ inverse @ vz / k, k * mz + uy @ inverse @ vy / k],
                [-(k * my + uz @ inverse @ vz / k), uz @ inverse @ vy / k],
            ]
        )
        self.q = sparse.bmat(
            [
                [vy @ inverse_mu @ uz / k, -k * ez - vy @ inverse_mu @ uy / k],
                [k * ey + vz @ inverse_mu @ uz / k, -vz @ inverse_mu @ uy / k],
            ]
        ).tocsr()
        return (p @ self.q).tocsc()

    def fields(self, k: float, beta: float, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """E and H (3, ny, nz), each component where it lives on the grid, of the straight guide."""
        magnetic = self.q @ vector / beta
        size = self.ny * self.nz
        ey, ez = vector[:size], vector[size:]
        hy, hz = magnetic[:size], magnetic[size:]
        ex = 1j / k * (self.vy @ hz - self.vz @ hy) / self.along.ravel()
        hx = -1j / k * (self.uy @ ez - self.uz @ ey) / self.mu_x.ravel()
        shape = (self.ny, self.nz)
        return (
            np.stack([f.reshape(shape) for f in (ex, ey, ez)]),
            np.stack([f.reshape(shape) for f in (hx, hy, hz)]),
        )


def _eigenmodes(matrix: Any, k: float, count: int, highest: float) -> tuple[np.ndarray, np.ndarray]:
    """Effective indices, falling, and vectors (points, modes); real ones only."""
    from scipy.sparse import linalg

    start = np.ones(matrix.shape[0])  # a fixed start: the same digits every time
    try:
        values, vectors = linalg.eigs(matrix, k=count + 2, sigma=(highest * k) ** 2, v0=start)
    except linalg.ArpackNoConvergence as some:  # those asked for beyond the guided ones, mostly
        values, vectors = some.eigenvalues, some.eigenvectors
    index = np.sqrt(values.astype(complex)) / k
    order = [i for i in np.argsort(-index.real) if abs(index[i].imag) < 1e-6 * index[i].real]
    return index[order].real[:count], vectors[:, order][:, :count]


def _mode(grid: _Grid, k: float, index: float, vector: np.ndarray) -> Mode:
    # Of a lossless mode the transverse fields are in phase: the largest is made real.
    vector = vector * np.exp(-1j * np.angle(vector[np.argmax(np.abs(vector))]))
    electric, magnetic = grid.fields(k, index * k, vector)
    _, ey, ez = electric
    _, hy, hz = magnetic
    area = grid.step**2
    # Ey and Hz share their places on the grid, and so do Ez and Hy: the power is exact there.
    power = 0.5 * float((ey * hz.conj() - ez * hy.conj()).real.sum()) * area
    media = ((grid.along, grid.epsilon_y, grid.epsilon_z), (grid.mu_x, grid.mu_y, grid.mu_z))
    stored = [
        float(sum(one * np.abs(f) ** 2 for one, f in zip(medium, fields, strict=True)).sum())
        for medium, fields in zip(media, (electric, magnetic), strict=True)
    ]
    energy = 0.25 * sum(stored) * area
    electric[0] /= grid.stretch_e
    magnetic[0] /= grid.stretch_h
    share = float((np.abs(ey) ** 2).sum() / ((np.abs(ey) ** 2).sum() + (np.abs(ez) ** 2).sum()))
    y = grid.y0 + (np.arange(grid.ny) + 0.5) * grid.step
    z = grid.z0 + (np.arange(grid.nz) + 0.5) * grid.step
    electric, magnetic = _centred(electric, "electric"), _centred(magnetic, "magnetic")
    # What the averaging took from the fields' power is given back.
    crossed = electric[1] * magnetic[2].conj() - electric[2] * magnetic[1].conj()
    scale = np.sqrt(0.5 * float(crossed.real.sum()) * area)
    return Mode(
        wavelength=2 * np.pi / k,
        effective_index=index,
        # Energy per length over power: c over the speed of the energy, which is the group's.
        group_index=energy / power,
        polarisation="TE" if share >= 0.5 else "TM",
        polarisation_share=max(share, 1 - share),
        y=y,
        z=z,
        electric=electric / scale,
        magnetic=magnetic / scale,
        epsilon=grid.epsilon_x,
    )


def _centred(fields: np.ndarray, kind: Literal["electric", "magnetic"]) -> np.ndarray:
    """Components averaged to the centres (i + ½, j + ½) of the cells."""
    along_y = (True, False, True) if kind == "electric" else (False, True, False)
    along_z = (True, True, False) if kind == "electric" else (False, False, True)
    out = []
    for field, y_mean, z_mean in zip(fields, along_y, along_z, strict=True):
        padded = np.pad(field, ((0, 1), (0, 1)))
        value = padded
        value = (value[:-1] + value[1:]) / 2 if y_mean else value[:-1]
        value = (value[:, :-1] + value[:, 1:]) / 2 if z_mean else value[:, :-1]
        out.append(value)
    return np.stack(out)


def _bilinear(
    fields: np.ndarray, y: np.ndarray, z: np.ndarray, new_y: np.ndarray, new_z: np.ndarray
) -> np.ndarray:
    """(3, ny, nz) fields at the points of another grid; 0 outside of theirs."""
    from scipy.interpolate import RegularGridInterpolator

    points = np.stack(np.meshgrid(new_y, new_z, indexing="ij"), axis=-1)
    return np.stack(
        [
            RegularGridInterpolator((y, z), field, bounds_error=False, fill_value=0.0)(points)
            for field in fields
        ]
    )
