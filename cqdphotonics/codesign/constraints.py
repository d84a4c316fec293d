"""What a layout must keep to before it is worth a simulation, and functions of one's own."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cqdphotonics.errors import GeometryError, InputError

if TYPE_CHECKING:
    from cqdphotonics.codesign.settings import Constraints


def check_layout(constraints: "Constraints", component: Any, folder_kit: str) -> None:
    """Refuse a layout that breaks the rules of the study.

    Parameters
    ----------
    constraints : Constraints
    component : gdsfactory Component
    folder_kit : str
        Name of the kit, or its path.

    Raises
    ------
    GeometryError
        The first thing that is wrong, and how many there are.
    """
    if constraints.minimum_feature is not None:
        _check_features(component, constraints.minimum_feature)
    if folder_kit:
        from cqdphotonics.layout import drc, kits

        report = drc.check(component, kits.load(folder_kit))
        if not report.clean:
            first = report.violations[0]
            raise GeometryError(
                f"the layout breaks {len(report.violations)} rule(s) of kit {constraints.kit}; the "
                f"first, {first.rule}: {first.text}"
            )


def _check_features(component: Any, smallest: float) -> None:
    """Width and space on every layer of the structure, by KLayout."""
    from klayout import db

    from cqdphotonics.layout.layers import annotation_layers, describe

    layout = component.kcl.layout
    limit = round(smallest / layout.dbu)
    for index in layout.layer_indexes():
        info = layout.get_info(index)
        number = (info.layer, info.datatype)
        region = db.Region(component.kdb_cell.begin_shapes_rec(index)).merged()
        if region.is_empty() or number in annotation_layers():
            continue
        for what, pairs in (
            ("narrower", region.width_check(limit, metrics=db.Region.Projection)),
            ("closer than", region.space_check(limit, metrics=db.Region.Euclidian)),
        ):
            for pair in pairs.each():
                middle = pair.polygon(0).bbox().center()
                words = "is narrower than" if what == "narrower" else "has edges closer than"
                raise GeometryError(
                    f"layer {describe(number)} {words} {smallest:g} µm at "
                    f"({middle.x * layout.dbu:.3f}, {middle.y * layout.dbu:.3f}) µm, the study's "
                    "minimum_feature."
                )


def load_function(path: str) -> Callable[..., float]:
    """The function that ``module:name`` stands for.

    Raises
    ------
    InputError
        If there is no such function.
    """
    module, colon, name = path.partition(":")
    if not (colon and module and name):
        raise InputError(f"function '{path}' is not of the form module:name.")
    try:
        found: Callable[..., float] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"function '{path}' can't be imported: {error}. It must lie where Python looks for "
            "modules (PYTHONPATH)."
        ) from None
    if not callable(found):
        raise InputError(f"'{path}' is not a function.")
    return found
