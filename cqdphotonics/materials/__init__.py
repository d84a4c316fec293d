"""Materials: complex index against wavelength with its source, and causal models for time domain.

>>> from cqdphotonics import materials
>>> round(materials.load("SiO2").index(0.5876).real, 4)
1.4585
"""

from cqdphotonics.materials.library import load, names, with_index
from cqdphotonics.materials.material import Material
from cqdphotonics.materials.medium import FitError, MediumModel, Pole

__all__ = ["FitError", "Material", "MediumModel", "Pole", "load", "names", "with_index"]
