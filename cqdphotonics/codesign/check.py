"""The check of a study before anything is simulated, and the search space that comes out of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cqdphotonics.codesign.device import build
from cqdphotonics.codesign.driver import GLOBAL_ALGORITHMS
from cqdphotonics.codesign.space import LENGTH_GRID, Axis, Space
from cqdphotonics.codesign.study import STACK_PREFIX, FreeParameter, Study
from cqdphotonics.errors import CqdError, InputError, RangeError, UnknownNameError
from cqdphotonics.layout.parameters import Parameter

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
    from cqdphotonics import components, layout

    with located(study, "emitter"):
        study.load_emitter()
    with located(study, "component"):
        of_component = components.parameters(study.component)
    with located(study, "stack"):
        of_stack = layout.stacks.parameters(study.path_of(study.stack))
    known: dict[str, Parameter] = {p.name: p for p in of_component}
    known |= {STACK_PREFIX + p.name: p for p in of_stack}

    for name, value in study.fixed.items():
        with located(study, "fixed", name):
            _known(name, known).check(_plain(value), _owner(study, name))
    axes = []
    for name, free in study.free.items():
        with located(study, "free", name):
            axes.append(_axis(study, name, free, _known(name, known)))
    space = Space(tuple(axes))

    with located(study, "search", "starts"):
        if study.search.algorithm in GLOBAL_ALGORITHMS and study.search.starts > 1:
            raise InputError(
                f"{study.search.algorithm} searches the whole space by itself; set starts: 1."
            )
    with located(study, "collection", "na"):
        _check_aperture(study)
    with located(study, "free"):
        _build_start(study, space)
    return space


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


def _check_aperture(study: Study) -> None:
    from cqdphotonics import layout
    from cqdphotonics.materials import library

    _, settings = study.split(study_start(study))
    stack = layout.stacks.load(study.path_of(study.stack), **settings)
    up = study.collection.direction == "up"
    medium = stack.cladding if up else stack.substrate
    index = library.index(medium, study.load_emitter().wavelength)
    real = float(getattr(index, "real", index))
    if study.collection.na > real:
        raise RangeError(
            f"NA {study.collection.na:g} is above the index {real:.3g} of the medium "
            f"{study.collection.direction} of the device ({medium}); give at most {real:.3g}."
        )


def study_start(study: Study) -> dict[str, float]:
    """The hand-made design as the study writes it."""
    return {name: parameter.first for name, parameter in study.free.items()}


def _build_start(study: Study, space: Space) -> None:
    """The start must be a layout with the dot inside, before anything is simulated."""
    build(study, space.start)
