"""GDS files in and out: the polygons, and what the device is (name, settings, emitter, info).

A file is written beside its place and moved there when it is complete, and the same component
gives the same bytes every time: no timestamps, layers in order, and only the metadata that
belongs to it, whatever else has been drawn in the process.
"""

from pathlib import Path
from typing import Any

from cqdphotonics.errors import FileFormatError, InputError, UnknownNameError
from cqdphotonics.layout.keyhole import without_holes
from cqdphotonics.layout.parameters import GRID
from cqdphotonics.layout.pdk import activate, quiet
from cqdphotonics.layout.reading import read_layout
from cqdphotonics.layout.written import write_file


def write_component(component: Any, path: str | Path) -> Path:
    """Write a component to a GDS file.

    Parameters
    ----------
    component : gdsfactory Component
        What to write, with everything below it.
    path : str or Path
        Where to; ``.gds`` is appended if it has no suffix. An existing file is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StorageError
        If the directory or the file can't be written. Nothing half-written is left.
    """
    path = Path(path)
    if not path.suffix:
        path = path.with_suffix(".gds")
    return write_file(path, gds_bytes(component))


def gds_bytes(component: Any) -> bytes:
    """The content of the GDS file of a component."""
    from klayout import db

    layout = db.Layout()
    layout.dbu = GRID
    source = component.kcl.layout
    # The order of layers in a process depends on what was drawn before; in a file it must not.
    for info in sorted(source.layer_infos(), key=lambda info: (info.layer, info.datatype)):
        layout.insert_layer(db.LayerInfo(info.layer, info.datatype))
    top = layout.create_cell(component.name)
    mapping = db.CellMapping()
    mapping.for_single_cell_full(top, component.kdb_cell)
    layout.copy_tree_shapes(source, mapping)
    cells = []
    for index, copied in mapping.table().items():
        component.kcl[index].set_meta_data()
        cells.append(layout.cell(copied))
        cells[-1].copy_meta_info(source.cell(index))
        _resolve_holes(cells[-1])
    for info in _needed_by(component, source, cells):
        layout.add_meta_info(info)

    options = db.SaveLayoutOptions()
    options.format = "GDS2"
    options.gds2_write_timestamps = False
    options.gds2_libname = "cqdphotonics"
    options.write_context_info = True
    return bytes(layout.write_bytes(options))


def _resolve_holes(cell: Any) -> None:
    for layer in cell.layout().layer_indexes():
        for shape in list(cell.shapes(layer).each()):
            if shape.is_polygon() and shape.holes() > 0:
                shape.polygon = without_holes(shape.polygon)


def _needed_by(component: Any, source: Any, cells: list[Any]) -> list[Any]:
    """The layout-wide metadata that kfactory needs to read these cells' ports again."""
    component.kcl.set_meta_data()
    everything = {info.name: info for info in source.each_meta_info()}
    wanted = [name for name in everything if name.startswith("kfactory:settings:")]
    for cell in cells:
        for info in cell.each_meta_info():
            if info.name.startswith("kfactory:ports:"):
                section = f"kfactory:cross_section:{info.value['cross_section']}"
                enclosure = everything[section].value["layer_enclosure"]
                wanted += [section, f"kfactory:layer_enclosure:{enclosure}"]
    return [everything[name] for name in sorted(set(wanted)) if name in everything]


def read_component(path: str | Path, cell: str | None = None) -> Any:
    """Read a component from a GDS or OASIS file.

    Parameters
    ----------
    path : str or Path
        The file.
    cell : str, optional
        Name of the cell; needed only where the file has several top cells.

    Returns
    -------
    gdsfactory Component
        With name, settings, info and ports as they were written.

    Raises
    ------
    InputError
        If the file does not exist, or the cell is not in it.
    FileFormatError
        If it is not a layout on the 1 nm grid.
    """
    path = Path(path)
    layout = read_layout(path)
    tops = sorted(top.name for top in layout.top_cells())
    if cell is None and len(tops) != 1:
        raise InputError(
            f"'{path}' has {len(tops)} top cells ({', '.join(tops) or 'none'}). Name the one meant."
        )
    name = cell or tops[0]
    if not layout.has_cell(name):
        raise UnknownNameError(f"cell in '{path}'", name, [c.name for c in layout.each_cell()])
    try:
        return _to_component(layout, name)
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"'{path}' holds polygons, but what it says about its cells can't be read: "
            f"{_first_line(error)}"
        ) from error


def _to_component(layout: Any, name: str) -> Any:
    gf = activate()
    import kfactory as kf

    for held in layout.each_cell():
        for meta in list(held.each_meta_info()):
            meta.value = _without_noise(meta.value)
            held.add_meta_info(meta)
    with quiet():
        library = kf.KCLayout(name=f"read-{id(layout)}")
        try:
            library.layout.assign(layout)
            library.get_meta_data()
            for section in library.cross_sections.cross_sections.values():
                gf.kcl.get_symmetrical_cross_section(section)
            source = library[name]
            component = gf.Component()
            component.name = name
            component.kdb_cell.copy_tree(source.kdb_cell)
            component.copy_meta_info(source.kdb_cell)
            component.get_meta_data()
            for index in component.called_cells():
                component.kcl[index].get_meta_data()
        finally:
            library.library.delete()
            del kf.layout.kcls[library.name]
    return component


def _without_noise(value: Any) -> Any:
    """Numbers as they were before GDS wrote them with its digits (0.35000000000000003)."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: _without_noise(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_noise(item) for item in value]
    return value


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
