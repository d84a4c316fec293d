"""A material: its complex index against wavelength, where it comes from and where it holds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from cqdphotonics.errors import RangeError
from cqdphotonics.materials.dispersion import ComplexArray, Dispersion, FloatArray

if TYPE_CHECKING:
    from cqdphotonics.materials.medium import MediumModel


@dataclass(frozen=True)
class Material:
    """A linear, isotropic, non-magnetic material at room temperature.

    The time dependence is exp(−iωt): index n + ik and permittivity (n + ik)² have positive
    imaginary parts where the material absorbs.

    Attributes
    ----------
    name, description, source, comment : str
        `source` is a citation, or says that there is none.
    is_metal : bool
        A metal must end before absorbing boundaries and is always simulated with dispersion.
    verified : bool
        False where the value comes from no measurement that was read.
    dispersion : Dispersion
        The data.
    """

    name: str
    description: str
    source: str
    is_metal: bool
    dispersion: Dispersion
    comment: str = ""
    verified: bool = True

    @property
    def range(self) -> tuple[float, float]:
        """Shortest and longest vacuum wavelength in µm that the data cover."""
        return self.dispersion.range

    @overload
    def index(self, wavelength: float) -> complex: ...
    @overload
    def index(self, wavelength: FloatArray) -> ComplexArray: ...
    def index(self, wavelength: float | FloatArray) -> complex | ComplexArray:
        """Complex refractive index n + ik at a vacuum `wavelength` in µm (scalar or array).

        Raises
        ------
        RangeError
            A wavelength outside `range`: nothing is extrapolated.
        """
        array = np.asarray(wavelength, dtype=float)
        self.check(array)
        index = self.dispersion.index(array)
        return complex(index) if array.ndim == 0 else index

    @overload
    def epsilon(self, wavelength: float) -> complex: ...
    @overload
    def epsilon(self, wavelength: FloatArray) -> ComplexArray: ...
    def epsilon(self, wavelength: float | FloatArray) -> complex | ComplexArray:
        """Relative permittivity (n + ik)² at a vacuum `wavelength` in µm; raises as `index`."""
        return self.index(wavelength) ** 2

    def model(
        self, wavelength_min: float, wavelength_max: float, *, tolerance: float = 0.01
    ) -> "MediumModel":
        """Causal model for the time domain over a band of vacuum wavelengths in µm.

        A dielectric without loss whose permittivity changes by less than `tolerance` over the
        band is a constant, the value at the band's centre. Everything else becomes Drude and
        Lorentz poles, as many as `tolerance` needs but five Lorentz poles at most. Each costs
        memory and time, so ask no more than the data deserve, and read `meets_tolerance` and
        `fit_error`, which are measured against this material's data.

        Parameters
        ----------
        wavelength_min, wavelength_max : float
            The band in µm; may be equal. Poles are then fitted over 10 % around it.
        tolerance : float
            Largest relative error of ε that is wanted anywhere in the band.

        Raises
        ------
        RangeError
            The data do not cover the band, or it is upside down.
        """
        from cqdphotonics.materials.fit import fit_model  # scipy.optimize takes a while to import

        return fit_model(self, float(wavelength_min), float(wavelength_max), float(tolerance))

    def check(self, wavelength: float | FloatArray) -> None:
        """Raise a RangeError unless every `wavelength` (µm) lies in `range`."""
        low, high = self.range
        array = np.atleast_1d(np.asarray(wavelength, dtype=float))
        # A table's ends survive a round trip through frequency.
        inside = (array >= low * (1 - 1e-9)) & (array <= high * (1 + 1e-9)) & (array > 0)
        if inside.all():
            return
        bad = float(array[~inside][0])
        if bad >= 100 and low <= bad / 1000 <= high:
            way_out = f"Wavelengths are in µm: did you mean {bad / 1000:g}?"
        else:
            way_out = (
                "Choose a wavelength inside, another data set (`materials.names()`), a constant "
                "such as 'n=1.9', or your own YAML file with data there."
            )
        raise RangeError(
            f"{self.name}: no data at {bad:g} µm; they cover {low:g} to {high:g} µm. {way_out}"
        )
