"""``cqd bands``: the gap of a beam's unit cell, and its mirror strength."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, emit
from cqdphotonics.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("bands")(bands_of_beam)


def bands_of_beam(
    period: Annotated[float, typer.Option("--period", "-a", help="Of the unit cell, µm.")],
    width: Annotated[float, typer.Option("--width", help="Of the beam, µm.")],
    thickness: Annotated[float, typer.Option("--thickness", help="Of the film, µm.")],
    hole: Annotated[
        tuple[float, float],
        typer.Option("--hole", help="Diameters of the hole along and across the beam, µm."),
    ],
    wavelength: Annotated[float, typer.Option("--wavelength", "-w", help="Vacuum, in µm.")],
    core: Annotated[str, typer.Option(help="Material of the film, or n=NUMBER.")] = "Si3N4",
    around: Annotated[str, typer.Option(help="Material around it, or n=NUMBER.")] = "air",
    shape: Annotated[str, typer.Option(help="Of the hole: ellipse or rectangle.")] = "ellipse",
    plane: Annotated[
        bool, typer.Option("--2d", help="In the plane, by the film's effective index: a look.")
    ] = False,
    store: Annotated[
        Path | None, typer.Option(help="Where results are kept. Default: the user's cache.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Edges of the gap of a periodic beam at k = π/a, and its mirror strength at a wavelength."""
    from cqdphotonics import materials
    from cqdphotonics.fdtd import Store
    from cqdphotonics.fdtd.bands import BeamCell, beam_edges
    from cqdphotonics.fdtd.planning import check_wavelength

    check_wavelength(wavelength)
    if shape not in ("ellipse", "rectangle"):
        raise InputError(f"shape '{shape}' is neither ellipse nor rectangle.")
    index = {}
    for name in (core, around):
        index[name] = materials.load(name).index(wavelength)
        if abs(index[name].imag) > 1e-3:
            raise InputError(f"{name} absorbs at {wavelength:g} µm: it has no bands to give.")
    cell = BeamCell(
        period=period,
        width=width,
        thickness=thickness,
        hole=hole,
        shape=shape,  # type: ignore[arg-type]
        core=round(index[core].real, 6),
        around=round(index[around].real, 6),
    )
    edges = beam_edges(cell, wavelength, Store(store), two_dimensional=plane)
    strength = edges.mirror_strength(1 / wavelength)
    data: dict[str, Any] = {
        "dielectric_edge_um": 1 / edges.dielectric,
        "air_edge_um": 1 / edges.air,
        "gap": edges.gap,
        "mirror_strength": strength,
        "wavelength_um": wavelength,
        "filling": cell.filling,
        "dimension": edges.dimension,
        "uncertainty": "unverified: one grid",
    }
    inside = "" if strength > 0 else ": outside of the gap"
    text = (
        f"dielectric edge {1 / edges.dielectric:.4g} µm, air edge {1 / edges.air:.4g} µm "
        f"(unverified: one grid, {edges.dimension})\n"
        f"gap {edges.gap:.1%} of mid-gap frequency; mirror strength {strength:.3g} at "
        f"{wavelength:g} µm{inside}"
    )
    emit(data, text, json)
