"""``cqd materials``: what the library holds, and what a simulation makes of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.cli.app import JsonOption, emit

if TYPE_CHECKING:
    from cqdphotonics.materials import Material, MediumModel

_ROWS = 5
"""Wavelengths at which the index of one material is shown."""


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("materials")(show_materials)


def show_materials(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", show_default=False, help="A name, n=1.9, or a file of one's own."
        ),
    ] = None,
    wavelength: Annotated[
        float | None,
        typer.Option("--wavelength", "-w", help="Vacuum, in µm: what a simulation there takes."),
    ] = None,
    bandwidth: Annotated[
        float | None, typer.Option(help="Width of the band in µm. Default: that of `cqd simulate`.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the materials with their sources, or show one: index, causal fit, error and range."""
    from cqdphotonics import materials

    band = _band(wavelength, bandwidth)
    chosen = [materials.load(one) for one in ([name] if name else materials.names())]
    data = [_data(each, band) for each in chosen]
    if name is None:
        emit({"materials": data}, _list_text(chosen, band), json)
    else:
        emit(data[0], _text(chosen[0], band), json)


def _band(wavelength: float | None, bandwidth: float | None) -> tuple[float, float] | None:
    if wavelength is None:
        if bandwidth is not None:
            raise typer.BadParameter("--bandwidth needs --wavelength.")
        return None
    from cqdphotonics.fdtd.planning import check_wavelength, spectrum_ends

    check_wavelength(wavelength)
    return spectrum_ends(wavelength, bandwidth)


def _model(material: "Material", band: tuple[float, float] | None) -> "MediumModel | None":
    """What `cqd simulate` takes over `band`; None where the data don't reach."""
    from cqdphotonics.fdtd.media import solver_model

    low, high = material.range
    if band is None or not (low <= band[0] and band[1] <= high):
        return None
    return solver_model(material, band)


def _data(material: "Material", band: tuple[float, float] | None) -> dict[str, Any]:
    from dataclasses import asdict

    model = _model(material, band)
    data: dict[str, Any] = {
        "name": material.name,
        "description": material.description,
        "source": material.source,
        "verified": material.verified,
        "is_metal": material.is_metal,
        "range": material.range,
    }
    if band is not None:
        data["model"] = None if model is None else asdict(model)
    return data


def _list_text(chosen: "list[Material]", band: tuple[float, float] | None) -> str:
    from cqdphotonics.cli.layout import columns

    rows = [["material", "data, µm", "" if band is None else f"{band[0]:.4g}–{band[1]:.4g} µm", ""]]
    for material in chosen:
        low, high = material.range
        model = _model(material, band)
        fit = "" if band is None else "outside the data" if model is None else _fit(model)
        mark = "" if material.verified else " (unverified)"
        rows.append([material.name, f"{low:.4g}–{high:.4g}", fit, material.description + mark])
    return columns(rows)


def _fit(model: "MediumModel") -> str:
    """One line: constant or poles, and the largest error of ε."""
    kind = (
        f"n = {model.epsilon_infinity**0.5:.4f}"
        if model.constant
        else f"{len(model.poles)} pole{'s' if len(model.poles) > 1 else ''}"
    )
    return f"{kind}, ε within {model.fit_error.maximum:.2%}"


def _text(material: "Material", band: tuple[float, float] | None) -> str:
    import numpy as np

    low, high = material.range
    lines = [
        f"{material.name}: {material.description}",
        f"source: {material.source}" + ("" if material.verified else " (unverified)"),
        f"data from {low:.4g} to {high:.4g} µm, {'metal' if material.is_metal else 'dielectric'}",
    ]
    if material.comment:
        lines.append(material.comment)
    if band is None:
        return "\n".join([*lines, "with -w: the causal fit over a band, its error, and n and k"])
    model = _model(material, band)
    if model is None:
        material.check(np.array(band))  # says what is allowed
        return "\n".join(lines)
    lines.append(str(model))
    lines += [f"  {pole}, σ = {pole.sigma:.4g}" for pole in model.poles]
    step, pole = model.time_step_limit()
    if pole is not None:
        lines.append(
            f"  time steps below {step:.4g} µm/c, {0.5 / step:.3g} pixels a µm at a Courant number "
            f"of .5, are stable"
        )
    lines.append("  λ/µm     data n + ik          model")
    for at in np.linspace(*band, _ROWS):
        exact, made = material.index(float(at)), model.index(float(at))
        lines.append(
            f"  {at:.4f}   {exact.real:.4f} + {exact.imag:.4f}i   "
            f"{made.real:.4f} + {made.imag:.4f}i"
        )
    return "\n".join(lines)
