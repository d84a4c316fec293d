"""What `cqd simulate` answers besides, where it is asked: fibres, and the mode at other places."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cqdphotonics.errors import InputError

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Response, Scene
    from cqdphotonics.fdtd.overlap import Fibre, Overlap

GaussianOption = Annotated[
    list[float] | None,
    typer.Option(
        "--gaussian",
        metavar="NA",
        help="Share of the light in a Gaussian mode of this NA; may be given often.",
    ),
]
FibreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fibre",
        metavar="CORE,NA[,MAGNIFICATION]",
        help="Share of the light in the mode of a step-index fibre: radius of its core in µm, its "
        "NA, and the magnification of the objective before it (1).",
    ),
]
AtOption = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="DX,DY",
        help="V and F of the mode for a dot displaced by so many µm; may be given often.",
    ),
]


def numbers(text: str, option: str, least: int, most: int) -> tuple[float, ...]:
    """The numbers of an option such as ``--at 0.02,0``.

    Raises
    ------
    InputError
        These are not between `least` and `most` numbers.
    """
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not least <= len(found) <= most:
        count = f"{least}" if least == most else f"{least} or {most}"
        raise InputError(f"'{option} {text}' is not {count} numbers with commas between them.")
    return found


def fibre(text: str) -> "Fibre":
    """The fibre that an option describes."""
    from cqdphotonics.fdtd.overlap import Fibre

    return Fibre(*numbers(text, "--fibre", 2, 3))


def couplings(
    response: "Response", gaussians: Sequence[float], fibres: Sequence[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Data and lines about the modes that light is to couple into, upward and downward."""
    data: list[dict[str, Any]] = []
    lines = []
    for na in gaussians:
        both = {side: response.gaussian_overlap(na, side) for side in ("up", "down")}
        data += [{"gaussian_na": na, **_coupled(side, o)} for side, o in both.items()]
        waist = both["up"].waist
        lines.append(f"into a Gaussian mode of NA {na:g} (waist {waist:.3g} µm): {_both(both)}")
    for text in fibres:
        kind = fibre(text)
        into = {side: response.fibre_overlap(kind, side) for side in ("up", "down")}
        data += [
            {"fibre_core": kind.core, "fibre_na": kind.na, "magnification": kind.magnification,
             **_coupled(side, o)}
            for side, o in into.items()
        ]  # fmt: skip
        v = kind.normalised_frequency(response.wavelength)
        others = "" if v < 2.405 else ", which has other modes, too"
        lines.append(
            f"into the LP01 mode of a fibre with V = {v:.3g}{others}, ×{kind.magnification:g}: "
            f"{_both(into)}"
        )
    return data, lines


def _coupled(side: str, overlap: "Overlap") -> dict[str, Any]:
    return {"direction": side, "share": overlap.share, "focus": overlap.focus}


def _both(overlaps: "dict[str, Any]") -> str:
    up, down = overlaps["up"], overlaps["down"]
    return (
        f"{up.share:.3g} of all power upward (focus {up.focus:+.2f} µm), {down.share:.3g} downward "
        "(unverified)"
    )


def elsewhere(
    response: "Response", scene: "Scene", places: Sequence[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Data and lines about the dominant mode for displaced dots."""
    from cqdphotonics import materials

    data, lines = [], []
    x, y, z = scene.emitter
    for text in places:
        dx, dy = numbers(text, "--at", 2, 2)
        medium = scene.material_at(x + dx, y + dy, z)
        index = materials.load(medium).index(response.wavelength).real
        found = response.mode_at(dx, dy, index=index)
        data.append(
            {"dx": dx, "dy": dy, "material": medium, "volume": found.volume,
             "purcell_from_volume": found.purcell_from_volume,
             "relative_coupling": found.relative_coupling}
        )  # fmt: skip
        lines.append(
            f"  at ({dx:g}, {dy:g}) µm from the dot, in {medium}: V = {found.volume:.4g} µm³, "
            f"F by Q/V {found.purcell_from_volume:.4g} (unverified)"
        )
    return data, lines


def balance(response: "Response") -> tuple[dict[str, float], list[str]]:
    """Where the power goes at the emission, as data and lines, with the residual of the balance."""
    here = response.data.sel(wavelength=response.wavelength, method="nearest")
    total = float(here["purcell"])
    parts = {
        "up": float(here["radiated_up"]),
        "down": float(here["radiated_down"]),
        "side": float(here["radiated_side"]),
        "absorbed": float(here["absorbed"]),
    }
    for port in response.ports:
        parts[f"guided, {port}"] = float(here["guided"].sel(port=port))
    closure = float(here["closure"])
    shares = ", ".join(f"{name} {value / total:.1%}" for name, value in parts.items() if value)
    worst = float(abs(response.data["closure"]).max())
    lines = [
        f"of all power at {response.wavelength:g} µm: {shares} (unverified)",
        f"  power leaving minus work, of the band's highest work: {closure:+.2%} here, at most "
        f"{worst:.2%}"
        + (" (what is absorbed is in it)" if response.absorbed.nominal_value else ""),
    ]
    if (budget := response.energy_budget) is None:
        return {**parts, "closure": closure}, lines
    lines.append(f"energy budget, absorption measured: {budget}")
    measured = {"absorbed_measured": budget.absorbed, "residual": budget.residual}
    return {**parts, "closure": closure, **measured}, lines
