"""The check of a study before anything is simulated, and the search space that comes out of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cqdphotonics import materials
from cqdphotonics.codesign.device import build
from cqdphotonics.codesign.nlopt_run import GLOBAL_ALGORITHMS
from cqdphotonics.codesign.space import LENGTH_GRID, Axis, Space
from cqdphotonics.codesign.study import STACK_PREFIX, FreeParameter, Study
from cqdphotonics.errors import CqdError, InputError, RangeError, UnknownNameError
from cqdphotonics.fdtd import Scene, plan
from cqdphotonics.layout.parameters import Parameter
from cqdphotonics.layout.stacks import Stack
from cqdphotonics.quantum.environment import Environment
from cqdphotonics.quantum.figures import figures

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
    with located(study, "emitter"):
        study.load_emitter()
    space = space_of(study)
    with located(study, "search", "starts"):
        if study.search.algorithm in GLOBAL_ALGORITHMS and study.search.starts > 1:
            raise InputError(
                f"{study.search.algorithm} searches the whole space by itself; set starts: 1."
            )
    with located(study, "free"):
        _, scene = build(study, space.start)
    with located(study, "stack"):
        _check_plans(study, scene)
    with located(study, "collection", "na"):
        _check_aperture(study, scene.stack)
    with located(study, "objective"):
        _check_objective(study)
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
        of_component = components.parameters(study.component)
    with located(study, "stack"):
        of_stack = stacks.parameters(study.path_of(study.stack))
    known: dict[str, Parameter] = {p.name: p for p in of_component}
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
    grid = 1.0 if info.kind == "int" else LENGTH_GRID if is_length else NUMBER_GRID
    axis = Axis(name, free.minimum, free.maximum, free.first, grid, is_length, info.unit)
    if axis.last_step <= axis.first_step:
        raise RangeError(
            f"the bounds of '{name}', {free.minimum:g} … {free.maximum:g} {info.unit}, hold fewer "
            f"than two points of the grid ({grid:g} {info.unit}). Widen them, or fix the parameter."
        )
    return axis


def _check_plans(study: Study, scene: Scene) -> None:
    """The simulations must be possible: materials known at these wavelengths, and so on."""
    wavelength = study.load_emitter().wavelength
    for fidelity in (study.search.fidelity, study.proof.fidelity):
        plan(scene, wavelength, fidelity)


def _check_aperture(study: Study, stack: Stack) -> None:
    direction = study.collection.direction
    medium = stack.cladding if direction == "up" else stack.substrate
    index = materials.load(medium).index(study.load_emitter().wavelength).real
    if study.collection.na > index:
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
