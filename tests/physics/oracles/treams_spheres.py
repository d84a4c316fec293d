"""How the frozen values in ``test_mie_oracle.py`` were made; run it in an environment with treams.

treams (Beutel, Fernandez-Corbaton and Rockstuhl, Comput. Phys. Commun. 297, 109076 (2024)) needs
an older scipy than the rest of the project, so that it is no dependency of it:
``python -m venv V && V/bin/pip install treams && V/bin/python treams_spheres.py``.

A dipole at distance r on the axis of a sphere is expanded in regular vector spherical waves about
the centre; the T-matrix gives the scattered waves, whose field at the dipole gives the total power
and whose far field together with the dipole's own gives the radiated one. Only T-matrix and
spherical waves are treams'; nothing is shared with ``mie.py``.
"""

import numpy as np
import treams
import treams.special as sp

CASES = (
    (-9.355 + 1.459j, 0.04, 0.02, 0.6, 1.0),
    (-2.485 + 3.563j, 0.04, 0.02, 0.5, 1.0),
    (-4.5 + 0.25j, 0.04, 0.01, 0.4, 1.0),
    (4.0 + 0.0j, 0.2, 0.05, 0.6, 1.0),
    (-12.9 + 1.14j, 0.05, 0.03, 0.65, 1.45),
)
LMAX = 40


def powers(epsilon, radius, distance, wavelength, host, orientation):
    """Total and radiated power over that without the sphere."""
    k0 = 2 * np.pi / wavelength
    k = k0 * host
    materials = [treams.Material(epsilon), treams.Material(host**2)]
    sphere = treams.TMatrix.sphere(LMAX, k0, [radius], materials, poltype="parity")
    r = radius + distance
    # Dipole at (r, 0, 0) in spherical coordinates: point on the equator, theta = pi/2, phi = 0.
    theta, phi = np.pi / 2, 0.0
    unit = {"perpendicular": np.array([1, 0, 0]), "parallel": np.array([0, 1, 0])}[orientation]
    # E(dipole) ~ i k * sum_j  S_j(r) [R_j*(r0) . p], r > r0, with outgoing S and regular R;
    # for r < r0 it is sum_j R_j(r) [S~_j(r0) . p] with the same functions of -m conjugated parts.
    total = radiated = 0.0
    basis = sphere.basis
    matrix = np.asarray(sphere)
    pos = basis.l.size
    outgoing = np.zeros(pos, complex)
    regular = np.zeros(pos, complex)
    field = np.zeros(pos, complex)
    for j, (n, m, pol) in enumerate(zip(basis.l, basis.m, basis.pol, strict=True)):
        sing, reg = (sp.vsw_N, sp.vsw_rN) if pol == 1 else (sp.vsw_M, sp.vsw_rM)
        # The dual function: conjugated angular parts, X_l,-m = (-1)^(m+1) X*_lm.
        outgoing[j] = (-1.0) ** (m + 1) * (sing(n, -m, k * r, theta, phi) @ unit)
        regular[j] = (-1.0) ** (m + 1) * (reg(n, -m, k * r, theta, phi) @ unit)
        field[j] = sing(n, m, k * r, theta, phi) @ unit
    # Waves about the centre that the dipole sends in, and what the sphere sends out.
    scattered = matrix @ outgoing
    normal = 1 / (6 * np.pi)  # power of the free dipole in these units
    total = 1 + (scattered @ field).real / normal
    radiated = (np.abs(scattered + regular) ** 2).sum() / normal
    return total, radiated


if __name__ == "__main__":
    for epsilon, radius, distance, wavelength, host in CASES:
        for orientation in ("perpendicular", "parallel"):
            total, radiated = powers(epsilon, radius, distance, wavelength, host, orientation)
            print(
                f"    ({epsilon!r}, {radius}, {distance}, {wavelength}, {host}, {orientation!r}, "
                f"{total:.8g}, {radiated:.8g}),"
            )
