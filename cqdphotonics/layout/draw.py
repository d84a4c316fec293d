"""Pictures of a layout, for reports and documentation."""

from typing import Any

import numpy as np

from cqdphotonics.layout.component import emitter_position
from cqdphotonics.layout.layers import LAYERS, describe
from cqdphotonics.layout.pdk import EMITTER

_OTHER = "#969696"


def draw_layout(component: Any, axes: Any, *, emitter: bool = True) -> None:
    """Draw the polygons of a component, to scale, with its dot.

    Parameters
    ----------
    component : gdsfactory Component
        What to draw; overlapping polygons of a layer are united.
    axes : matplotlib Axes
        Where to draw.
    emitter : bool
        Whether to mark the dot.
    """
    from klayout import db
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    colours = {layer.number: layer.colour for layer in LAYERS}
    layout = component.kcl.layout
    handles = []
    for info in sorted(layout.layer_infos(), key=lambda info: (info.layer, info.datatype)):
        region = db.Region(component.kdb_cell.begin_shapes_rec(layout.layer(info)))
        if region.is_empty():
            continue
        vertices: list[tuple[float, float]] = []
        codes: list[int] = []
        for polygon in region.each_merged():
            rings = [polygon.each_point_hull()]
            rings += [polygon.each_point_hole(hole) for hole in range(polygon.holes())]
            # KLayout turns hulls and holes opposite ways, which is how a path tells them apart.
            for points in (list(ring) for ring in rings):
                vertices += [(p.x * layout.dbu, p.y * layout.dbu) for p in (*points, points[0])]
                codes += [
                    int(Path.MOVETO),
                    *[int(Path.LINETO)] * (len(points) - 1),
                    int(Path.CLOSEPOLY),
                ]
        number = (info.layer, info.datatype)
        colour = colours.get(number, _OTHER)
        patch = PathPatch(
            Path(np.array(vertices), codes),
            facecolor=colour,
            edgecolor="none",
            alpha=0.85,
            label=describe(number),
        )
        handles.append(axes.add_patch(patch))
    if emitter and any(port.port_type == EMITTER for port in component.ports):
        x, y = emitter_position(component)
        handles += axes.plot(
            x, y, "o", color="#d7301f", markeredgecolor="white", markersize=6, label="emitter",
            linestyle="none",
        )  # fmt: skip
    box = component.dbbox()
    margin = 0.04 * max(box.width(), box.height())
    axes.set_xlim(box.left - margin, box.right + margin)
    axes.set_ylim(box.bottom - margin, box.top + margin)
    axes.set_aspect("equal")
    axes.locator_params(axis="x", nbins=6)  # more of them run into each other
    axes.set_xlabel("x (µm)")
    axes.set_ylabel("y (µm)")
    # Above the axes, where it covers nothing of a beam a micron wide either.
    axes.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=len(handles),
        fontsize="small",
        frameon=False,
    )


def save_picture(component: Any, path: Any) -> None:
    """Write a picture of a component; the suffix of `path` decides the format.

    Raises
    ------
    StorageError
        If the file can't be written.
    InputError
        If the suffix is not a picture format.
    """
    from pathlib import Path

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from cqdphotonics.errors import InputError, StorageError

    path = Path(path)
    formats = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in formats:
        raise InputError(
            f"'{path}' does not end in a picture format: {', '.join(sorted(formats))}."
        )
    box = component.dbbox()
    shape = min(1.0, max(0.25, box.height() / box.width()))
    figure = Figure(figsize=(6, 1 + 5 * shape), layout="constrained")
    FigureCanvasAgg(figure)
    draw_layout(component, figure.add_subplot())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise StorageError(f"'{path}' can't be written: {error.strerror or error}.") from error
