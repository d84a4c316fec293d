"""The check of a study before anything is simulated, and the search space that comes out of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cqdphotonics import materials
from cqdphotonics.codesign import theory
from cqdphotonics.codesign.constraints import load_function
from cqdphotonics.codesign.device import build
from cqdphotonics.codesign.ensemble import FIGURES as ENSEMBLE_FIGURES
from cqdphotonics.codesign.nlopt_run import (
    GLOBAL_ALGORITHMS,
    GRADIENT_ALGORITHMS,
    LOCAL_ALGORITHMS,
)
from cqdphotonics.codesign.settings import STACK_PREFIX, FreeParameter
from cqdphotonics.codesign.slopes import check_slopes
from cqdphotonics.codesign.space import LENGTH_GRID, Axis, Space
from cqdphotonics.codesign.study import Study
from cqdphotonics.codesign.theory import is_theory
from cqdphotonics.display import nominal
from cqdphotonics.errors import CqdError, InputError, RangeError, UnknownNameError
from cqdphotonics.fdtd import Scene, plan
from cqdphotonics.fdtd.theory import THEORY, has_theory
from cqdphotonics.layout.parameters import Parameter
from cqdphotonics.layout.stacks import Stack
from cqdphotonics.quantum.environment import Environment
from cqdphotonics.quantum.figures import figures
from cqdphotonics.quantum.target import purcell_needed

LARGEST_SLOPE_ERROR = 1e-3
"""Slopes farther from finite differences than this, as a share of the largest, are not used."""

LARGEST_PURCELL = 1e6
"""Beyond any device that was made or proposed: Q = 10⁶ in a tenth of a cubic wavelength."""

NUMBER_GRID = 1e-4
"""Grid of free numbers that are neither lengths nor counts."""


def check_study(study: Study) -> Space:
    """Find every fault of `study` that shows without a simulation.

    Returns
    -------
    Space
        The axes of the search.

    Raises
    ------
    InputError
        The first fault; the message begins with its place in the study's file.
    """
    for place, single in enumerate(study.singles):
        with located(study, "emitter", *([place] if len(study.emitter) > 1 else [])):
            single.load_emitter()
    space = space_of(study)
    _check_algorithm(study, space)
    with located(study, "search", "starts"):
        if study.search.algorithm in GLOBAL_ALGORITHMS and study.search.starts > 1:
            raise InputError(
                f"{study.search.algorithm} searches the whole space by itself; set starts: 1."
            )
    for single in study.singles:
        with located(study, "constraints"):
            _check_constraints(single)
    if is_theory(study.component):
        return space
    with located(study, "free"):
        _, scene = build(study, space.start)
    for single in study.singles:
        with located(study, "ensemble"):
            _check_ensemble(single)
        with located(study, "stack"):
            _check_plans(single, scene)
        with located(study, "collection", "na"):
            _check_aperture(single, scene.stack)
        with located(study, "objective"):
            _check_objective(single)
    if study.search.slopes:
        with located(study, "search", "slopes"):
            check_slopes(study, space)
    return space


def space_of(study: Study) -> Space:
    """The search space of `study`: its parameters, as its component and stack know them.

    Raises
    ------
    InputError
        If there is no such component, stack or parameter, or a value is outside of its range.
    """
    from cqdphotonics import components
    from cqdphotonics.layout import stacks

    with located(study, "component"):
        of_component = (
            theory.parameters(study.component)
            if is_theory(study.component)
            else components.parameters(study.component)
        )
    known: dict[str, Parameter] = {p.name: p for p in of_component}
    if not is_theory(study.component):
        with located(study, "stack"):
            of_stack = stacks.parameters(study.path_of(study.stack))
        known |= {STACK_PREFIX + p.name: p for p in of_stack}
    for name, value in study.fixed.items():
        with located(study, "fixed", name):
            _known(name, known).check(_plain(value), _owner(study, name))
    axes = []
    for name, free in study.free.items():
        with located(study, "free", name):
            axes.append(_axis(study, name, free, _known(name, known)))
    return Space(tuple(axes))


@contextmanager
def located(study: Study, *location: str | int) -> Iterator[None]:
    """Put the place in the study's file in front of the message of an error raised inside."""
    try:
        yield
    except CqdError as error:
        error.args = (f"{study.at(*location)}: {error}",)
        raise


def _known(name: str, known: Mapping[str, Parameter]) -> Parameter:
    if name not in known:
        raise UnknownNameError("parameter", name, known)
    return known[name]


def _owner(study: Study, name: str) -> str:
    return f"stack {study.stack}" if name.startswith(STACK_PREFIX) else study.component


def _plain(value: object) -> object:
    """A whole number that YAML or pydantic made a float is a whole number again."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _axis(study: Study, name: str, free: FreeParameter, info: Parameter) -> Axis:
    owner = _owner(study, name)
    if info.kind not in ("float", "int"):
        raise InputError(f"'{name}' is not a number and can't be searched; put it under fixed.")
    for value in (free.minimum, free.maximum, free.first):
        # The middle of whole bounds need not be whole: the grid takes care of it.
        info.check(round(value) if info.kind == "int" else value, owner)
    is_length = info.unit == "µm"
    grid = _grid(study, free, info, is_length)
    axis = Axis(
        name, free.minimum, free.maximum, free.first, grid, is_length, info.unit,
        free.scale == "log",
    )  # fmt: skip
    if axis.last_step <= axis.first_step:
        raise RangeError(
            f"the bounds of '{name}', {free.minimum:g} … {free.maximum:g} {info.unit}, hold fewer "
            f"than two points of the grid ({grid:g} {info.unit}). Widen them, or fix the parameter."
        )
    return axis


def _grid(study: Study, free: FreeParameter, info: Parameter, is_length: bool) -> float:
    """Step between the values of a parameter: what can be made, or coarser if the study says so."""
    if is_theory(study.component):
        finest = theory.RATE_GRID
    else:
        finest = 1.0 if info.kind == "int" else LENGTH_GRID if is_length else NUMBER_GRID
    if free.grid is None:
        return finest
    steps = free.grid / finest
    if steps < 1 - 1e-9 or abs(steps - round(steps)) > 1e-6:
        raise RangeError(
            f"grid {free.grid:g} {info.unit}: allowed are whole multiples of {finest:g} "
            f"{info.unit}, the finest that can be made."
        )
    return free.grid


def _check_algorithm(study: Study, space: Space) -> None:
    """Slopes must exist where they are needed, and be right."""
    if study.search.algorithm not in GRADIENT_ALGORITHMS:
        return
    with located(study, "search", "algorithm"):
        if not is_theory(study.component) or study.function:
            others = ", ".join([*LOCAL_ALGORITHMS, *GLOBAL_ALGORITHMS])
            raise InputError(
                f"{study.search.algorithm} needs slopes, which are known for theory.cavity and "
                f"theory.cascade only. Take one of {others}."
            )
        error = theory.slope_error(theory.evaluator_of(study), space.start)
        if not error < LARGEST_SLOPE_ERROR:
            raise InputError(
                f"the slopes at the start differ from finite differences by {error:.2g} of the "
                f"largest, more than {LARGEST_SLOPE_ERROR:g}: {study.search.algorithm} can't rely "
                "on them. Take COBYLA."
            )


def _check_constraints(study: Study) -> None:
    """What is held must be possible, and what it needs must be there."""
    limits, emitter = study.constraints, study.load_emitter()
    if is_theory(study.component):
        if study.search.slopes:
            raise InputError(f"{study.component} knows its slopes; slopes: mode is of devices.")
        if limits.kit or limits.minimum_feature or limits.resonance_within or study.ensemble:
            raise InputError(
                f"{study.component} has no layout: kit, minimum_feature, resonance_within and "
                "ensemble do not apply to it."
            )
        theory.evaluator_of(study)
        return
    if limits.kit:
        from cqdphotonics.layout import kits

        kits.load(study.path_of(limits.kit))
    if study.function:
        load_function(study.function)
    wanted = limits.figures.get("indistinguishability", 0.0)
    if 0 < wanted < 1:
        needed = purcell_needed(
            wanted, emitter.gamma, max(emitter.gamma_star, 0.0), emitter.quantum_yield
        )
        if needed > LARGEST_PURCELL:
            raise InputError(
                f"indistinguishability ≥ {wanted:g} needs a Purcell factor of {needed:.2g} for "
                f"{emitter.name}, and no device has more than about {LARGEST_PURCELL:.0e}. Ask for "
                "less, or take a colder emitter; `cqd target` tells what is possible."
            )
    ideal = Environment.from_purcell(
        LARGEST_PURCELL, radiative_rate=emitter.radiative_rate, outputs={"all": 1.0}
    )
    best = figures(emitter, ideal).quantities()
    for name, least in limits.figures.items():
        reached = best.get(name)
        if reached is not None and nominal(reached) < least:
            raise InputError(
                f"{name} ≥ {least:g} is out of reach for {emitter.name}: all light collected, at a "
                f"Purcell factor of {LARGEST_PURCELL:.0e}, it is {nominal(reached):.3g}. Ask for "
                "less, or take another emitter."
            )


def _check_ensemble(study: Study) -> None:
    ensemble = study.ensemble
    if ensemble is None:
        return
    if study.function:
        raise InputError("a function of one's own has no statistic over an ensemble; drop one.")
    unknown = [name for name in study.objective if name not in ENSEMBLE_FIGURES]
    if unknown and ensemble.statistic != "yield":
        raise InputError(
            f"'{unknown[0]}' is not known of each member of an ensemble; known are "
            f"{', '.join(ENSEMBLE_FIGURES)}."
        )
    wavelength, fidelity = study.load_emitter().wavelength, study.search.fidelity
    at_theory = fidelity == THEORY
    if at_theory and (ensemble.placement or ensemble.template or ensemble.orientation != "aligned"):
        raise InputError(
            "theory knows a device for a dot at its place, with its dipole along one axis: search "
            "an ensemble of places or directions at coarse or above."
        )
    for corner in ensemble.corners:
        _, scene = build(study, space_of(study).start, None, corner)
        for film in scene.stack.films:
            if corner["index"] and materials.load(film.material).index(wavelength).real < 1:
                raise RangeError(
                    f"index {corner['index']:+g} leaves {film.material} with less than vacuum has. "
                    "Give errors of the index, such as -0.01 and 0.01."
                )
        if not at_theory:
            plan(scene, wavelength, fidelity)


def _check_plans(study: Study, scene: Scene) -> None:
    """The simulations must be possible: materials known at these wavelengths, and so on."""
    wavelength = study.load_emitter().wavelength
    rungs = [rung.fidelity for rung in study.search.ladder]
    if study.search.fidelity == THEORY:
        reason = has_theory(scene) or (
            "theory counts no guided light at a port" if study.collection.port else ""
        )
        if reason:
            with located(study, "search", "fidelity"):
                raise InputError(f"{reason}. Begin at coarse.")
    for fidelity in (study.search.fidelity, *rungs, study.proof.fidelity):
        if fidelity != THEORY:
            planned = plan(scene, wavelength, fidelity)
    ports = [port.name for port in planned.jobs[0].ports]
    if study.collection.port and study.collection.port not in ports:
        with located(study, "collection", "port"):
            if not ports:
                raise InputError(
                    f"{study.component} on {study.stack} has no port that guided light is counted "
                    "at; collect into a cone (na, direction)."
                )
            raise UnknownNameError("port", study.collection.port, ports)


def _check_aperture(study: Study, stack: Stack) -> None:
    direction = study.collection.direction
    medium = stack.cladding if direction == "up" else stack.substrate
    index = materials.load(medium).index(study.load_emitter().wavelength).real
    if not study.collection.port and study.collection.na > index:
        raise RangeError(
            f"NA {study.collection.na:g} is above the index {index:.3g} of the medium {direction} "
            f"of the device ({medium}); give at most {index:.3g}."
        )


def _check_objective(study: Study) -> None:
    """The emitter must have the data from which the objective is computed."""
    emitter = study.load_emitter()
    environment = Environment.from_purcell(1.0, radiative_rate=emitter.radiative_rate)
    found = figures(emitter, environment)
    for name in study.objective:
        if getattr(found, name) is None:
            raise InputError(
                f"'{name}' can't be computed for {emitter.name}: {found.missing.get(name, '')}."
            )
