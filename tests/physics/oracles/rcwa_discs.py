"""How the frozen values in ``test_fdtd_lattice.py`` were made; run it where grcwa is installed.

grcwa (Jin, Li, Orenstein and Fan, ACS Photonics 7, 2350 (2020)) expands the fields of an array in
Fourier series (rigorous coupled-wave analysis); it shares nothing with a time-domain grid, and is
no dependency of the project: ``python -m venv V && V/bin/pip install grcwa && V/bin/python
rcwa_discs.py``.
"""

import grcwa
import numpy as np

PERIOD, RADIUS, THICKNESS, INDEX, SUBSTRATE = 0.4, 0.12, 0.15, 2.4, 1.45
POINTS = 300
"""Of the sampled cell, along each axis."""


def transmittance(wavelength, orders):
    """Of discs on a substrate in vacuum, light from the vacuum at normal incidence."""
    cell = grcwa.obj(orders, [PERIOD, 0], [0, PERIOD], 1 / wavelength, 0.0, 0.0, verbose=0)
    cell.Add_LayerUniform(1.0, 1.0)
    cell.Add_LayerGrid(THICKNESS, POINTS, POINTS)
    cell.Add_LayerUniform(1.0, SUBSTRATE**2)
    cell.Init_Setup()
    x = ((np.arange(POINTS) + 0.5) / POINTS - 0.5) * PERIOD
    disc = x[:, None] ** 2 + x[None, :] ** 2 < RADIUS**2
    cell.GridLayer_geteps(np.where(disc, INDEX**2, 1.0).flatten())
    cell.MakeExcitationPlanewave(1, 0, 0, 0, order=0)
    return float(np.real(cell.RT_Solve(normalize=1)[1]))


if __name__ == "__main__":
    grcwa.set_backend("numpy")
    for wavelength in (0.62, 0.64, 0.66, 0.68, 0.7, 0.74, 0.78):
        print(wavelength, *(f"{transmittance(wavelength, n):.4f}" for n in (49, 101, 161)))
