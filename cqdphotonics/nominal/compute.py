"""Simulating a nominal design and keeping its figures."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cqdphotonics.errors import InputError
from cqdphotonics.nominal.arrays import ArrayRecord, array_plan
from cqdphotonics.nominal.design import NominalDesign
from cqdphotonics.nominal.figures import Record, write, write_array

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Limits, Response, Store


_ANGLES = 1801
"""Of the far field of plane films; every second is kept, a tenth of a degree apart."""


def compute(
    design: NominalDesign,
    fidelity: str | None = None,
    *,
    store: "Store | Path | str | None" = None,
    directory: Path | None = None,
    ranks: int = 1,
    limits: "Limits | None" = None,
    progress: Callable[[dict[str, Any]], None] | None = None,
) -> Record | ArrayRecord:
    """Simulate a design and write its figures beside it.

    What is in the store already is not computed again: the same command goes on where it was
    stopped.

    Parameters
    ----------
    design : NominalDesign
    fidelity : {"theory", "draft", "standard", "fine"}, optional
        The design's own if not given.
    store : Store or path, optional
        Where raw results are kept; the user's cache by default.
    directory : Path, optional
        Where the figures go; the package's own data by default.
    ranks, limits, progress
        As for `cqdphotonics.simulate`.

    Raises
    ------
    InputError, SimulationError, StorageError
    """
    from cqdphotonics.fdtd import simulate
    from cqdphotonics.fdtd.simulation import APERTURES
    from cqdphotonics.fdtd.theory import THEORY

    if design.light == "plane wave":
        from cqdphotonics.fdtd.lattice_response import simulate_lattice

        planned = array_plan(design, fidelity)
        found = simulate_lattice(
            planned, store=store, ranks=ranks, limits=limits, progress=progress
        )
        return write_array(design, found, directory)
    claims = design.literature.claims if design.literature else ()
    asked = {*APERTURES, design.na, *(claim.na for claim in claims if claim.na)}
    if (fidelity or design.fidelity) == THEORY:
        return write(design, exact_response(design, asked), directory)
    outside = outside_of_metal(design)
    response = simulate(
        design.scene(),
        design.stack,
        design.wavelength,
        fidelity or design.fidelity,
        dipole=design.dipole,
        na=sorted({*asked, *outside.values()}),
        stack_parameters=design.stack_parameters,
        store=store,
        ranks=ranks,
        limits=limits,
        progress=progress,
    )
    return write(design, response, directory, outside)


def exact_response(design: NominalDesign, apertures: Iterable[float]) -> "Response":
    """The exact multilayer's answer for a design of plane films, at each point of its spectrum.

    Raises
    ------
    InputError
        It has more than plane films: the theory of round devices is too rough for kept figures.
    """
    from cqdphotonics.fdtd import plane_films
    from cqdphotonics.fdtd.theory import POINTS, theory_response

    scene = design.scene()
    if plane_films.layers(scene) is None:
        raise InputError(
            f"'{design.name}' is more than plane films, and only of those are figures exact at "
            "fidelity theory. Compute it at draft, standard or fine."
        )
    return theory_response(
        scene, design.wavelength, apertures, films_points=POINTS, films_angles=_ANGLES
    )


def outside_of_metal(design: NominalDesign) -> dict[str, float]:
    """Index above ("up") and below ("down") of a design with an endless film of metal; else empty.

    Such a film carries plasmons away sideways, which are no light that anybody collects.
    """
    from cqdphotonics.fdtd.metals import continuing

    planned = design.plan()
    lossy = {name for name, medium in planned.jobs[0].media.items() if medium.poles}
    return dict(planned.collection_index) if continuing(planned.scene, lossy) else {}
