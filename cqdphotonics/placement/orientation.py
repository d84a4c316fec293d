"""How the dot's dipole lies to the field that it should couple to."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cqdphotonics.errors import RangeError

Floats = NDArray[np.float64]

Dipole = Literal["linear", "planar", "three"]


@dataclass(frozen=True)
class Orientation:
    """A mixture of dots whose axes are random, random in the plane, or all alike.

    The coupling of a dot relative to a linear dipole along the field is cos² of the angle between
    them for a linear dipole; half of sin² of the angle between field and axis for a "planar" one
    (two equal dipoles across the axis: wurtzite CdSe); a third, whatever the axis, for "three"
    equal dipoles across each other (perovskites at temperatures that fill all three).

    Attributes
    ----------
    isotropic, in_plane, fixed : float
        Shares of the dots; they are normalised to a sum of 1.
    axis : (float, float, float)
        Axis of the fixed ones.
    field : (float, float, float)
        Direction of the field at the nominal place.
    dipole : {"linear", "planar", "three"}
        What emits; see above.

    Raises
    ------
    RangeError
        Shares that are negative or all 0, a direction of length 0.
    """

    isotropic: float = 1.0
    in_plane: float = 0.0
    fixed: float = 0.0
    axis: tuple[float, float, float] = (1.0, 0.0, 0.0)
    field: tuple[float, float, float] = (1.0, 0.0, 0.0)
    dipole: Dipole = "linear"

    def __post_init__(self) -> None:
        shares = (self.isotropic, self.in_plane, self.fixed)
        if min(shares) < 0 or not sum(shares) > 0:
            raise RangeError(f"shares of orientations {shares} must be ≥ 0 and not all 0.")
        for name in ("axis", "field"):
            if not np.linalg.norm(getattr(self, name)) > 0:
                raise RangeError(f"the direction '{name}' has no length.")
        if self.dipole not in ("linear", "planar", "three"):
            raise RangeError(f"dipole '{self.dipole}' is not one of linear, planar, three.")

    @property
    def mean(self) -> float:
        """Mean of the relative coupling, exact."""
        field = np.array(self.field) / np.linalg.norm(self.field)
        axis = np.array(self.axis) / np.linalg.norm(self.axis)
        # ⟨cos²⟩ of the three kinds
        squares = np.array([1 / 3, (field[0] ** 2 + field[1] ** 2) / 2, float(axis @ field) ** 2])
        shares = np.array([self.isotropic, self.in_plane, self.fixed])
        return float(self._coupling(squares) @ shares / shares.sum())

    def sample(self, count: int, seed: int | np.random.Generator = 0) -> Floats:
        """(count,) relative couplings, 0 to 1, drawn at random."""
        random = np.random.default_rng(seed)
        shares = np.array([self.isotropic, self.in_plane, self.fixed])
        kind = random.choice(3, count, p=shares / shares.sum())
        axes = random.normal(size=(count, 3))
        axes[kind == 1, 2] = 0.0
        axes[kind == 2] = self.axis
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        cosines = axes @ (np.array(self.field) / np.linalg.norm(self.field))
        return self._coupling(cosines**2)

    def _coupling(self, squares: Floats) -> Floats:
        if self.dipole == "three":
            return np.full(squares.shape, 1 / 3)
        return squares if self.dipole == "linear" else (1 - squares) / 2


ALIGNED = Orientation(isotropic=0.0, fixed=1.0)
"""Every dot's dipole along the field."""
