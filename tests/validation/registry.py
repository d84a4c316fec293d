"""All cases, in the order of the page."""

from validation import (
    cases_film,
    cases_gap,
    cases_metal3d,
    cases_modes,
    cases_planar,
    cases_spheres,
)

CASES = (
    *cases_planar.CASES,
    *cases_film.CASES,
    *cases_gap.CASES,
    *cases_spheres.CASES,
    *cases_metal3d.CASES,
    *cases_modes.CASES,
)
