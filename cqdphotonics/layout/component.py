"""How a device is declared: one decorator around an ordinary gdsfactory cell function.

A device is one function. Its arguments carry their ranges, its body draws::

    @component(continues="xy")
    def bullseye(
        radius: Annotated[float, Range(0.05, 3.0, "µm", "radius of the central disc")] = 0.43,
        ...
    ) -> Cell:
        '''First line: what it is.'''
        cell = new_cell()
        disc(cell, DEVICE.number, radius)
        place_emitter(cell)
        return cell

What the decorator adds: arguments are checked and snapped to the grid before the cell is made;
the cell is made by ``gf.cell`` (name, settings, cache); it must have a place for the emitter; and
the family is known by its name to `families`. gdsfactory itself is imported when the first cell
is drawn, not when the device is declared, so that listing devices is instant.

What a chip needs around its devices (waveguides, couplers, marks) is declared the same way with
`part`, and has no emitter.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, Literal, get_args, get_origin

from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.layout.parameters import GRID, Choice, Parameter, Range, resolve, snap
from cqdphotonics.layout.pdk import EMITTER, activate

Cell = Any
"""A ``gdsfactory.Component``. gdsfactory takes seconds to import and is not typed for us."""

Continues = Literal["", "x", "y", "xy"]
"""Axes along which the outermost shape goes on, in reality, beyond where it is drawn."""

_families: dict[str, "Family"] = {}


@dataclass(frozen=True)
class Family:
    """A kind of device: its name, what can be set, and the function that draws it."""

    name: str
    draw: Callable[..., Cell]
    parameters: tuple[Parameter, ...]
    description: str
    continues: Continues
    has_emitter: bool = True
    """True for a device; False for a part, which has no dot."""

    @cached_property
    def cell(self) -> Callable[..., Cell]:
        """The cached gdsfactory cell function; its arguments are taken as they are."""
        gf = activate()

        def draw(**settings: Any) -> Cell:
            made = self.draw(**settings)
            _check_drawn(made, self.name, self.has_emitter)
            made.info["family"] = self.name
            made.info["description"] = self.description
            made.info["continues"] = self.continues
            return made

        # gdsfactory reads name, signature and module from the function that it wraps; types
        # that name gdsfactory itself are only strings there, and it does not need them.
        wraps(self.draw, assigned=("__module__", "__name__", "__qualname__", "__doc__"))(draw)
        signature = inspect.signature(self.draw)
        draw.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[
                p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()
            ],
            return_annotation=gf.Component,
        )
        del draw.__wrapped__  # type: ignore[attr-defined]
        return gf.cell(draw, basename=self.name)


def component(function: Callable[..., Cell] | None = None, *, continues: Continues = "") -> Any:
    """Make a device of a function that draws one.

    Parameters
    ----------
    function : callable
        Draws the cell; every argument has a default and is annotated with
        ``Annotated[float, Range(...)]``, ``Annotated[int, Range(...)]``,
        ``Annotated[str, Choice(...)]`` or ``bool``.
    continues : {"", "x", "y", "xy"}
        Along which axes the outermost shape is only the beginning of something larger: a
        membrane goes on in x and y, a beam along x. A simulation may end inside it.

    Returns
    -------
    callable
        The same function with checked arguments, returning a cached, locked gdsfactory
        ``Component``. Its `family` attribute holds the declaration.
    """
    if function is None:
        return lambda f: component(f, continues=continues)
    return _declare(function, continues, has_emitter=True)


def part(function: Callable[..., Cell]) -> Callable[..., Cell]:
    """Make a part of a chip, which has no dot, of a function that draws one.

    As `component`, but without a place for the emitter: waveguides, couplers, marks, labels. A
    part can be drawn, checked and placed on a chip; there is no dipole to simulate in it.
    """
    return _declare(function, "", has_emitter=False)


def _declare(
    function: Callable[..., Cell], continues: Continues, *, has_emitter: bool
) -> Callable[..., Cell]:
    name = function.__name__
    signature = inspect.signature(function)
    family = Family(
        name=name,
        draw=function,
        parameters=tuple(_parameter(name, p, function) for p in signature.parameters.values()),
        description=(inspect.getdoc(function) or name).splitlines()[0].rstrip("."),
        continues=continues,
        has_emitter=has_emitter,
    )

    @wraps(function)
    def build(*args: Any, **kwargs: Any) -> Cell:
        known = [parameter.name for parameter in family.parameters]
        if len(args) > len(known):
            raise InputError(f"{name} takes at most {len(known)} parameters: {', '.join(known)}.")
        given = dict(zip(known, args, strict=False)) | kwargs
        return family.cell(**resolve(family.parameters, given, name))

    build.family = family  # type: ignore[attr-defined]
    _families[name] = family
    return build


def families() -> dict[str, Family]:
    """The families declared so far, by name."""
    return dict(_families)


def new_cell() -> Cell:
    """An empty gdsfactory ``Component`` to draw into."""
    return activate().Component()


def place_emitter(cell: Cell, position: tuple[float, float] = (0.0, 0.0), axis: str = "x") -> None:
    """Mark where the quantum dot sits.

    Parameters
    ----------
    cell : gdsfactory Component
        The cell being drawn.
    position : (float, float)
        In µm, snapped to the grid.
    axis : {"x", "y", "z"}
        The dipole that this device is made for.
    """
    from cqdphotonics.layout.layers import DEVICE

    if axis not in ("x", "y", "z"):
        raise InputError(f"dipole axis '{axis}' is not one of x, y, z.")
    cell.add_port(
        name=EMITTER,
        center=(snap(position[0]), snap(position[1])),
        width=2 * GRID,
        orientation=90 if axis == "y" else 0,
        layer=DEVICE.number,
        port_type=EMITTER,
    )
    cell.info["emitter_axis"] = axis


def emitter_position(cell: Cell) -> tuple[float, float]:
    """Where the quantum dot of a cell sits, in µm.

    Raises
    ------
    GeometryError
        If the cell has no port of type ``emitter``, or more than one.
    """
    ports = [port for port in cell.ports if port.port_type == EMITTER]
    made_by = _families.get(str(cell.info.get("family", "")))
    if not ports and made_by is not None and not made_by.has_emitter:
        raise GeometryError(
            f"'{cell.name}' is a part of a chip ({made_by.name}: {made_by.description}) and has no "
            "dot: there is no dipole to simulate in it. Choose a device, see `cqd components`."
        )
    if len(ports) != 1:
        names = ", ".join(str(port.name) for port in cell.ports) or "none"
        found = "no" if not ports else f"{len(ports)}"
        raise GeometryError(
            f"'{cell.name}' has {found} port of type '{EMITTER}' (ports: {names}). A device needs "
            "exactly one: place_emitter(cell, (x, y)) marks where the dot sits."
        )
    x, y = ports[0].dcenter if hasattr(ports[0], "dcenter") else ports[0].center
    return (snap(float(x)), snap(float(y)))


def require_width(what: str, width: float, smallest: float, way_out: str) -> None:
    """Refuse a feature that follows from several parameters and is too small to be made.

    Raises
    ------
    GeometryError
        If `width` is below `smallest` (µm).
    """
    if width >= smallest - GRID / 2:
        return
    if width <= -GRID / 2:
        state = f"does not fit: {smallest - width:.4g} µm are missing"
    elif width < GRID / 2:
        state = "would be 0 µm wide, below the layout grid of 1 nm"
    else:
        state = f"would be {width:.4g} µm wide, too narrow to be made"
    raise GeometryError(f"{what} {state}; the least is {smallest:g} µm. {way_out}")


def place_port(
    cell: Cell,
    name: str,
    position: tuple[float, float],
    width: float,
    orientation: float,
    layer: tuple[int, int] = (1, 0),
) -> None:
    """Mark where guided light enters or leaves: a port of type ``optical``.

    Parameters
    ----------
    cell : gdsfactory Component
        The cell being drawn.
    name : str
        ``"o1"``, ``"o2"``, …
    position : (float, float)
        Middle of the waveguide's end in µm, snapped to the grid.
    width : float
        Of the waveguide in µm, an even number of nanometres: both edges lie on the grid.
    orientation : float
        Direction out of the device, in degrees from x.
    layer : (int, int)
        GDS layer of the waveguide.
    """
    cell.add_port(
        name=name,
        center=(snap(position[0]), snap(position[1])),
        width=even(width),
        orientation=orientation,
        layer=layer,
        port_type="optical",
    )


def even(width: float) -> float:
    """`width` in µm with both halves on the grid: the nearest even number of nanometres."""
    return snap(2 * snap(width / 2))


def _check_drawn(cell: Cell, name: str, has_emitter: bool) -> None:
    if has_emitter:
        emitter_position(cell)
    for index in cell.kcl.layer_indexes():
        # What is taken from gdsfactory lies in cells below, and is checked there by gdsfactory.
        for shape in cell.kdb_cell.shapes(index).each():
            if shape.is_polygon() and shape.area() == 0:
                raise GeometryError(
                    f"{name}: a polygon has vanished on the layout grid of 1 nm. "
                    "Make the smallest feature larger."
                )
    if cell.bbox().empty():
        raise GeometryError(f"{name}: nothing is drawn.")


def _parameter(owner: str, argument: inspect.Parameter, function: Callable[..., Any]) -> Parameter:
    annotation = argument.annotation
    if isinstance(annotation, str):  # the file says `from __future__ import annotations`
        annotation = eval(annotation, function.__globals__)
    kind, *notes = get_args(annotation) if get_origin(annotation) else (annotation,)
    if argument.default is inspect.Parameter.empty:
        raise TypeError(f"{owner}: parameter '{argument.name}' needs a default")
    base = {"name": argument.name, "default": argument.default}
    for note in notes:
        if isinstance(note, Range) and kind in (float, int):
            return Parameter(
                **base,
                unit=note.unit,
                minimum=note.minimum,
                maximum=note.maximum,
                description=note.description,
                reason=note.reason,
                kind=kind.__name__,
            )
        if isinstance(note, Choice) and kind is str:
            return Parameter(**base, description=note.description, kind="str", choices=note.allowed)
        if isinstance(note, str) and kind is bool:
            return Parameter(**base, description=note, kind="bool")
    if kind is bool:
        return Parameter(**base, kind="bool")
    raise TypeError(
        f"{owner}: parameter '{argument.name}' needs an annotation such as "
        "Annotated[float, Range(0.1, 2.0, 'µm', 'what it is')]"
    )
