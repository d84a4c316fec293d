"""A dipole elsewhere or turned: what the field of one mode says about its coupling.

The rate at which a dipole feeds a mode is ∝ |E·u|² with E the mode's field at its place and u its
axis. In a cylindrical device of m = 1 there are two modes of the same frequency, the fields of
exp(iφ) and of its mirror image; a dipole feeds both, and their rates add up.

Everything else that the dipole couples to, the background and other resonances, is left out: this
is for a resonance that dominates, which `Mode.purcell_of_mode` against `Mode.purcell` shows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cqdphotonics.errors import InputError, RangeError

_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


@dataclass(frozen=True)
class Elsewhere:
    """What one mode is to a dipole at another place.

    Attributes
    ----------
    volume : float
        ∫ε|E|² / (n²|E·u|²) with field and index there and u the dipole's axis, in µm³.
    purcell_from_volume : float
        F = 3/(4π²)(λ/n)³ Q/V there.
    relative_coupling : float
        Power that the dipole gives to the mode, to that of the simulated one.
    """

    volume: float
    purcell_from_volume: float
    relative_coupling: float


def unit_vector(axis: str | ArrayLike) -> np.ndarray:
    """The direction that "x", "y", "z" or three numbers name, of length 1.

    Raises
    ------
    InputError
        It is none.
    """
    if isinstance(axis, str):
        if axis not in _AXES:
            raise InputError(f"axis '{axis}' is not one of x, y, z, nor a vector.")
        return np.array(_AXES[axis])
    vector = np.asarray(axis, dtype=float)
    if vector.shape != (3,) or not np.isfinite(vector).all() or not np.linalg.norm(vector) > 0:
        raise InputError(f"axis {axis!r} is not a vector of three numbers other than zero.")
    return vector / np.linalg.norm(vector)


def feeding(
    field: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    angular_number: int | None,
    dx: ArrayLike,
    dy: ArrayLike,
    axis: str | ArrayLike,
) -> np.ndarray:
    """Rates, in one arbitrary unit, at which dipoles at (dx, dy) feed a mode.

    Parameters
    ----------
    field : (3, n, m) complex array
        Of the mode in the emitter's plane: E_x, E_y, E_z over `x` and `y`, or E_r, E_φ, E_z over
        the radius `x` (m = 1).
    x, y : arrays
        µm from the nominal place.
    angular_number : int or None
        m of fields ∝ exp(imφ); None for a field over x and y.
    dx, dy : array_like
        Displacements in µm; they are broadcast.
    axis : str or three numbers
        Of the dipole.

    Raises
    ------
    RangeError
        A place is outside the plane that was kept.
    """
    u = unit_vector(axis)
    at_x, at_y = np.broadcast_arrays(np.asarray(dx, dtype=float), np.asarray(dy, dtype=float))
    if angular_number is None:
        _within(max(np.abs(at_x).max(), 0.0), x[-1])
        _within(max(np.abs(at_y).max(), 0.0), y[-1])
        local = np.stack([_bilinear(part, x, y, at_x, at_y) for part in field])
        return np.abs(np.tensordot(u, local, 1)) ** 2
    radius, phi = np.hypot(at_x, at_y), np.arctan2(at_y, at_x)
    _within(radius.max(), x[-1])
    e_r, e_phi, e_z = (
        np.asarray(spline(radius)) for spline in _splines(field[:, :, 0], x, angular_number)
    )
    u_r = u[0] * np.cos(phi) + u[1] * np.sin(phi)
    u_phi = u[1] * np.cos(phi) - u[0] * np.sin(phi)
    if angular_number == 0:
        return np.abs(e_r * u_r + e_phi * u_phi + e_z * u[2]) ** 2
    # The sum over exp(imφ) and its mirror image, whose E_φ has the other sign.
    return 2 * (np.abs(e_r * u_r + e_z * u[2]) ** 2 + np.abs(e_phi * u_phi) ** 2)


def _within(reach: float, limit: float) -> None:
    if reach > limit:
        raise RangeError(
            f"a displacement of {reach:.4g} µm is outside the field that was kept, which ends at "
            f"{limit:.4g} µm."
        )


def _bilinear(
    part: np.ndarray, x: np.ndarray, y: np.ndarray, at_x: np.ndarray, at_y: np.ndarray
) -> np.ndarray:
    from scipy.interpolate import RegularGridInterpolator

    lookup = RegularGridInterpolator((x, y), part)
    return lookup(np.stack([at_x, at_y], axis=-1))


def _splines(field: np.ndarray, radii: np.ndarray, m: int) -> list[Any]:
    """Splines of E_r, E_φ and E_z through the axis, where each goes on as its image.

    For m = 1 the solver's E_φ half a pixel from the axis is spoilt; on the axis |E_φ| = |E_r|.
    """
    from scipy.interpolate import CubicSpline

    signs = (-1, -1, 1) if m == 0 else (1, 1, -1)
    mirrored = [
        CubicSpline(
            np.concatenate([-radii[2::-1], radii]), np.concatenate([sign * part[2::-1], part])
        )
        for part, sign in zip(field, signs, strict=True)
    ]
    if m == 1:
        sense = 1j * np.sign((field[1, 1] / field[0, 1]).imag)
        middle = sense * mirrored[0](0.0)
        places = np.concatenate([-radii[2:0:-1], [0.0], radii[1:]])
        values = np.concatenate([field[1][2:0:-1], [middle], field[1][1:]])
        mirrored[1] = CubicSpline(places, values)
    return mirrored
