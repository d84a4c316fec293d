"""All cases, in the order of the page."""

from validation import cases_film, cases_planar

CASES = (*cases_planar.CASES, *cases_film.CASES)
