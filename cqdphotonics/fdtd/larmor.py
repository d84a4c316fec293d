"""The power of a dipole in a homogeneous medium, in the solver's own units, without a run.

A run of the same grid without the device is the usual reference: what the grid does to a dipole
cancels. On grids of sixty and more points a wavelength, as a metal a few nanometres away asks for,
the grid changes that power by .2 % at most. What the run's absorbing layers reflect is more: with
layers as near as is affordable there, 2 to 7 %. Theory is nearer.

In Meep's flux units, with |J| = 1 at one grid point, f in 1/µm and ``res`` pixels a µm, a dipole in
a medium of index n has the power P = (2π/3) n f² in three dimensions. Along the axis of a
cylindrical run (m = 0) its moment is π/4 of that of a voxel, J in units of the voxel's side. The
work Re(F/J) is −P over the voxel's volume in the same units.
"""

import numpy as np

from cqdphotonics.errors import InputError
from cqdphotonics.fdtd.job import Job


def known(formulation: str, angular_number: int) -> bool:
    """Whether theory gives the reference: in 3D, and for a dipole along the axis of rotation."""
    return formulation == "cartesian" or angular_number == 0


def reference(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Work F/J, and flux per |J|², of the dipole of `job` in its homogeneous host.

    Raises
    ------
    InputError
        For a dipole in the plane of a cylindrical run.
    """
    if not known(job.formulation, job.angular_number):
        raise InputError(
            "the reference of a cylindrical run of m = 1 comes from a run, not from theory."
        )
    frequency = np.array(job.frequencies)
    power = 2 * np.pi / 3 * job.reference_index * frequency**2
    if job.formulation == "cartesian":
        return -power * job.resolution**3 + 0j, power
    return -power * np.pi / 4 * job.resolution + 0j, power * (np.pi / 4) ** 2 / job.resolution**2
