"""Pages of the parts of a chip: what has no dot, and what its modes and numbers say of it.

Nothing is simulated in time here: guided modes are those of a cross-section, dots in a template
fall by chance, and the rest is geometry.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import gallery_marks
import numpy as np
from gallery_frame import Shown, as_svg, block, defaults, file_of, layout, parameter_table, table
from gallery_guided import first, indices, mode_field, modes, section

from cqdphotonics import components
from cqdphotonics.fdtd.waveguide import Mode, slab_index

WAVELENGTH = 0.63
STACK, BURIED = "sin-oxide", "sin-in-oxide"

_NO_FDTD = (
    f"No FDTD was run for this part. What follows is at {WAVELENGTH:g} µm, from the modes of the "
    "full Maxwell equations on the cross-section of a straight waveguide, on the film of stack "
    "`{stack}`."
)


def index_lines() -> list[str]:
    """The table of all parts, for the index of the gallery."""
    rows = [
        (f"[{name}]({file_of(name)})", components.family(name).description, _SHOWS[name][0])
        for name in components.part_names()
    ]
    return [
        "## Parts of a chip",
        "",
        "What a chip needs around its devices. None has a dot, and none was simulated by FDTD.",
        "",
        *table(("part", "what it is", "what is shown"), rows),
    ]


def page(name: str) -> str:
    """The page of a part at its defaults."""
    family = components.family(name)
    made = components.load(name)()
    text, pictures = _SHOWS[name][1](made)
    lines = [f"# {name}", "", f"{family.description}.", "", *_told(family.draw)]
    lines += ["## Parameters", parameter_table(family.parameters)]
    if list(made.ports):
        rows = [
            (
                f"`{port.name}`",
                port.port_type,
                "{:g}, {:g}".format(*port.dcenter),
                f"{port.dwidth:g}",
                f"{port.orientation:g}°",
            )
            for port in made.ports
        ]
        heads = ("port", "type", "x, y (µm)", "width (µm)", "out of the part, from x")
        lines += ["## Ports", "", *table(heads, rows)]
    else:
        lines += ["## Ports", "", "None.", ""]
    shown = [("layout at the defaults", layout(made, name, name)), *pictures]
    return "\n".join([*lines, "## Shown", "", *text, "", block(shown), ""])


def _told(draw: Callable[..., Any]) -> list[str]:
    """What the docstring says beyond its first line, without sections and as Markdown."""
    text = inspect.getdoc(draw) or ""
    text = re.split(r"\n\n\w+\n-+\n", text)[0].partition("\n")[2].strip()
    out, drawn = [], False
    for line in text.replace("::", ":").splitlines():
        indented = line.startswith("    ")
        if indented != drawn and (indented or line):
            out.append("```")
            drawn = indented
        out.append(line)
    return [*out, *(["```"] if drawn else []), ""]


def _section(width: float, stack: str = STACK) -> Any:
    return section(stack, width, WAVELENGTH)


def _mode_rows(found: dict[str, Mode]) -> list[str]:
    rows = [
        (
            said,
            f"{mode.effective_index:.4f}",
            f"{mode.group_index:.3f}",
            f"{100 * mode.polarisation_share:.0f} %",
            f"{mode.confinement_area:.3f}",
        )
        for said, mode in found.items()
    ]
    heads = ("mode", "effective index", "group index", "polarised so", "area (µm²)")
    return [
        *table(heads, rows),
        "Area: ∫ ε|E|² over its largest value. Group index: without the materials' dispersion.",
        "",
    ]


# --- waveguides ---------------------------------------------------------------------------------


_WIDTHS = (0.16, 0.22, 0.3, 0.38, 0.46, 0.6, 0.8, 1.0)


def _strip(_: Any) -> Shown:
    width = defaults("strip")["width"]
    strip = _section(width)
    found = {one: first(strip, WAVELENGTH, one) for one in ("TE", "TM")}
    text = [_NO_FDTD.format(stack=STACK), ""]
    text += _mode_rows({f"{k}0, {width:g} µm wide": mode for k, mode in found.items()})
    caption = "{}0 at a width of {:g} µm; dotted: top of the oxide"
    pictures = [
        (caption.format(k, width), mode_field(mode, strip, "strip", k)) for k, mode in found.items()
    ]
    swept = [_section(one) for one in _WIDTHS]
    pictures.append(
        ("lowest modes against the width; dashed: index of the oxide, below which nothing is "
         "guided", indices("strip", swept, WAVELENGTH, {"default": width}))
    )  # fmt: skip
    return text, pictures


def _taper(_: Any) -> Shown:
    given = defaults("taper")
    ends = {"width": given["width"], "end_width": given["end_width"]}
    found = {name: first(_section(width), WAVELENGTH) for name, width in ends.items()}
    text = [_NO_FDTD.format(stack=STACK), ""]
    text += _mode_rows({f"TE0 at {k} = {ends[k]:g} µm": mode for k, mode in found.items()})
    wide = modes(_section(ends["end_width"]), WAVELENGTH, 8)
    guided = [one.effective_index for one in wide if one.polarisation == "TE"]
    lost = guided[2] if len(guided) > 2 else _section(ends["end_width"]).below
    text += [
        f"The wide end guides {len(guided)} TE modes. A symmetric taper scatters into "
        f"{'TE2' if len(guided) > 2 else 'the oxide'} first, with which TE0 beats over "
        f"{WAVELENGTH / (guided[0] - lost):.1f} µm there: a taper that is long against that keeps "
        f"the light in TE0. This one has {given['length']:g} µm; how much it scatters was not "
        "simulated.",
        "",
    ]
    pictures = [
        (f"TE0 at {k} = {ends[k]:g} µm", mode_field(mode, _section(ends[k]), "taper", k))
        for k, mode in found.items()
    ]
    swept = [_section(one) for one in _WIDTHS]
    pictures.append(
        ("lowest modes against the width; lines: both ends; dashed: index of the oxide",
         indices("taper", swept, WAVELENGTH, ends))
    )  # fmt: skip
    return text, pictures


def _bend(made: Any) -> Shown:
    from cqdphotonics.layout.pdk import activate
    from cqdphotonics.report.svg import BEST, START, drawing

    given = defaults("bend")
    strip = _section(given["width"])
    mode = first(strip, WAVELENGTH)
    smallest = float(made.info["smallest_radius"])
    decay = WAVELENGTH / (2 * np.pi * np.sqrt(mode.effective_index**2 - strip.below**2))
    rows = []
    for said, radius in (("radius", given["radius"]), ("smallest radius", smallest)):
        caustic = radius * (mode.effective_index / strip.below - 1)
        rows.append((said, f"{radius:.3f}", f"{caustic:.2f}", f"{caustic / decay:.1f}"))
    text = [
        _NO_FDTD.format(stack=STACK),
        "",
        f"An Euler bend of effective radius {given['radius']:g} µm ends where an arc of that "
        f"radius does, and is {float(made.info['length']):g} µm long. Beyond the distance "
        "R (n_eff/n − 1) from the middle of the waveguide the light of a bend would have to run "
        f"faster than it can in the oxide (n = {strip.below:.3f}, n_eff = "
        f"{mode.effective_index:.4f}), and leaves: the mode has fallen there over so many of its "
        f"decay lengths, {1e3 * decay:.0f} nm each. That tells bends that lose light from those "
        "that do not; it is no loss in dB.",
        "",
        *table(("", "R (µm)", "where light leaves (µm)", "decay lengths"), rows),
    ]
    gf = activate()
    euler = gf.path.euler(radius=given["radius"], angle=given["angle"], p=1.0, use_eff=True)
    arc = gf.path.arc(radius=given["radius"], angle=given["angle"])
    with drawing(4.6, 3.2) as (figure, axes):
        for path, label, colour in ((euler, "euler", BEST), (arc, "circular", START)):
            along, curvature = path.curvature()
            axes.plot(along, curvature, color=colour, label=label)
        axes.set(xlabel="along the bend (µm)", ylabel="curvature (1/µm)", ylim=(0, None))
        axes.legend(fontsize=9)
        curvatures = as_svg(figure, "bend", "curvature", "Curvature along both shapes of a bend.")
    return text, [
        ("curvature: a circular bend meets a straight waveguide with a jump, which scatters",
         curvatures),
        (f"TE0 of the straight waveguide, {given['width']:g} µm wide",
         mode_field(mode, strip, "bend")),
    ]  # fmt: skip


def _splitter(_: Any) -> Shown:
    from cqdphotonics.report.svg import drawing

    given = defaults("splitter")
    wide, fed = _section(given["width_mmi"]), _section(given["width_taper"])
    lateral = [m for m in modes(wide, WAVELENGTH, 14, 12) if m.polarisation == "TE"]
    y = np.linspace(-given["width_mmi"] / 2 - 0.4, given["width_mmi"] / 2 + 0.4, 301)
    step = y[1] - y[0]

    def profile(mode: Mode) -> np.ndarray:
        level = np.array([wide.thickness / 2])
        values = mode.on(y, level)[0][1, :, 0]
        values = values / values[np.argmax(np.abs(values))]
        return np.asarray(values.real / np.sqrt((values.real**2).sum() * step))

    shapes = np.array([profile(mode) for mode in lateral])
    entering = profile(first(fed, WAVELENGTH))
    shares = shapes @ entering * step
    betas = 2 * np.pi / WAVELENGTH * np.array([mode.effective_index for mode in lateral])
    x = np.linspace(0, 1.5 * given["length_mmi"], 401)
    light = np.exp(1j * np.outer(x, betas)) * shares @ shapes
    at = np.exp(1j * given["length_mmi"] * betas) * shares @ shapes
    place = (given["gap"] + given["width_taper"]) / 2
    out = np.interp(y - place, y, entering, left=0, right=0)
    share = abs((at * out).sum() * step) ** 2
    symmetric = [mode for mode, part in zip(lateral, shares, strict=True) if abs(part) > 0.02]
    half = WAVELENGTH / 2 / (symmetric[0].effective_index - symmetric[1].effective_index)
    text = [
        _NO_FDTD.format(stack=STACK),
        "",
        f"The wide piece guides {len(lateral)} TE modes. Light that enters in the middle excites "
        "the even ones; two equal images stand where the two lowest of these are half a turn "
        f"apart, after λ/(2 (n₀ − n₂)) = {half:.2f} µm (drawn: {given['length_mmi']:g} µm). There "
        f"{100 * share:.0f} % of the light is in the mode of each output, by the modes in the "
        "plane at half the height; what the steps reflect, and the tapers, are not in it.",
        "",
    ]
    with drawing(4.6, 3.0) as (figure, axes):
        image = axes.pcolormesh(
            x, y, np.abs(light.T) ** 2, cmap="magma", shading="nearest", rasterized=True
        )
        axes.axvline(given["length_mmi"], color="white", lw=0.9, ls="--")
        for side in (-1, 1):
            axes.axhline(side * given["width_mmi"] / 2, color="white", lw=0.6)
        axes.set(xlabel="along the wide piece (µm)", ylabel="across (µm)")
        axes.grid(visible=False)
        bar = figure.colorbar(image, ax=axes, pad=0.02)
        bar.set_label("|E|² (1/µm)")
        bar.outline.set_visible(False)
        picture = as_svg(figure, "splitter", "light", "Light along the wide piece of a splitter.")
    return text, [
        ("light from o1 along the wide piece, were it to go on: the sum of its modes; dashed: "
         "where it ends", picture),
    ]  # fmt: skip


def _edge_coupler(_: Any) -> Shown:
    given = defaults("edge_coupler")
    tip, strip = _section(given["tip"], BURIED), _section(given["width"], BURIED)
    found = {
        f"TE0 at the tip, {given['tip']:g} µm": first(tip, WAVELENGTH),
        f"TE0 of the waveguide, {given['width']:g} µm": first(strip, WAVELENGTH),
    }
    fits = [_gaussian(mode) for mode in found.values()]
    text = [
        _NO_FDTD.format(stack=BURIED),
        "",
        *_mode_rows(found),
        "The round Gaussian that it resembles most, by the 1/e² width of its intensity, measures "
        f"{fits[1][0]:.2f} µm for the waveguide (overlap {100 * fits[1][1]:.0f} %) and "
        f"{fits[0][0]:.2f} µm for the tip ({100 * fits[0][1]:.0f} %). A fibre for this wavelength "
        "has about 4 µm (remembered, check it before you rely on it): on this film the tip needs "
        "a lensed fibre, or to be narrower. Under air, on stack "
        f"`{STACK}`, a strip this narrow guides no TE "
        "mode (see [strip](gallery-strip.html)): the tip is for a buried film.",
        "",
    ]
    swept = [_section(one, BURIED) for one in (0.1, 0.12, 0.16, 0.22, 0.3, 0.38, 0.46)]
    return text, [
        (f"TE0 at the tip, {given['tip']:g} µm wide",
         mode_field(first(tip, WAVELENGTH), tip, "edge-coupler", "tip")),
        (f"TE0 of the waveguide, {given['width']:g} µm wide",
         mode_field(first(strip, WAVELENGTH), strip, "edge-coupler", "strip")),
        ("lowest modes against the width; dashed: index of the oxide",
         indices("edge-coupler", swept, WAVELENGTH,
                 {"tip": given["tip"], "waveguide": given["width"]})),
    ]  # fmt: skip


def _gaussian(mode: Mode) -> tuple[float, float]:
    """Diameter of the round Gaussian that overlaps most with the field along y, and how much."""
    field = mode.electric[1].T
    height = float((np.abs(field) ** 2).sum(axis=1) @ mode.z / (np.abs(field) ** 2).sum())
    squares = mode.y**2 + (mode.z - height)[:, None] ** 2
    overlaps = []
    diameters = np.arange(0.2, 3.0, 0.02)
    for diameter in diameters:
        beam = np.exp(-squares / (diameter / 2) ** 2)
        norm = (beam**2).sum() * (np.abs(field) ** 2).sum()
        overlaps.append(abs((field * beam).sum()) ** 2 / norm)
    best = int(np.argmax(overlaps))
    return float(diameters[best]), float(overlaps[best])


def _grating_coupler(_: Any) -> Shown:
    from cqdphotonics.report.svg import BEST, INK, START, drawing

    given = defaults("grating_coupler")
    films = _section(given["width"])

    def angle(wavelength: float, filling: float, period: float) -> float:
        core = np.sqrt(filling * films.core**2 + (1 - filling) * films.above**2)
        index = slab_index(films.thickness, core, films.below, films.above, wavelength)
        sine = (index - wavelength / period) / given["above"]
        return float(np.degrees(np.arcsin(sine))) if abs(sine) < 1 else np.nan

    fillings = {"filling": given["filling"], "first_filling": given["first_filling"]}
    known = {k: angle(WAVELENGTH, share, given["period"]) for k, share in fillings.items()}
    meant = WAVELENGTH / given["period"] + given["above"] * np.sin(np.radians(given["angle"]))
    text = [
        "No FDTD was run for this part: how much light goes up is not known here. Its direction "
        "follows from sin θ = (n − λ/Λ)/n_above, with n that of a plane film whose permittivity is "
        f"the mean of teeth and trenches, on stack `{STACK}` at {WAVELENGTH:g} µm. That is an "
        "estimate: the period is no small part of the wavelength.",
        "",
        *table(
            ("teeth", "filling", "angle from the vertical"),
            [(k, f"{share:g}", f"{known[k]:.1f}°") for k, share in fillings.items()],
        ),
        f"The fibre leans by {given['angle']:g}°, for which the grating's mode has to have the "
        f"index {meant:.3f}. Teeth that fill more of the same period throw light farther over: "
        "apodising at one period blurs the beam.",
        "",
    ]
    x = np.linspace(WAVELENGTH - 0.05, WAVELENGTH + 0.05, 41)
    with drawing(4.6, 3.4) as (figure, axes):
        for (said, share), colour in zip(fillings.items(), (BEST, START), strict=True):
            y = [angle(one, share, given["period"]) for one in x]
            axes.plot(1e3 * x, y, color=colour, label=f"{said} {share:g}")
        axes.axhline(given["angle"], color=INK, lw=0.8, ls="--")
        axes.axvline(1e3 * WAVELENGTH, color=INK, lw=0.8)
        axes.set(xlabel="vacuum wavelength (nm)", ylabel="angle from the vertical (°)")
        axes.legend(fontsize=9)
        waves = as_svg(figure, "grating-coupler", "angle", "Angle against wavelength.")
    periods = np.linspace(given["period"] - 0.06, given["period"] + 0.06, 41)
    with drawing(4.6, 3.4) as (figure, axes):
        for (said, share), colour in zip(fillings.items(), (BEST, START), strict=True):
            y = [angle(WAVELENGTH, share, one) for one in periods]
            axes.plot(periods, y, color=colour, label=f"{said} {share:g}")
        axes.axhline(given["angle"], color=INK, lw=0.8, ls="--")
        axes.axvline(given["period"], color=INK, lw=0.8)
        axes.set(xlabel="period (µm)", ylabel="angle from the vertical (°)")
        axes.legend(fontsize=9)
        spans = as_svg(figure, "grating-coupler", "period", "Angle against period.")
    return text, [
        ("direction of the light against the wavelength; dashed: the fibre", waves),
        ("direction against the period", spans),
    ]


_SHOWS: dict[str, tuple[str, Callable[[Any], Shown]]] = {
    "alignment_cross": ("geometry", gallery_marks.alignment_cross),
    "bend": ("curvature, smallest radius, where light would leave", _bend),
    "dose_test": ("geometry, doses and widths", gallery_marks.dose_test),
    "edge_coupler": ("mode at the tip, index against width", _edge_coupler),
    "grating_coupler": ("angle against wavelength and period", _grating_coupler),
    "label": ("geometry", gallery_marks.label),
    "splitter": ("modes of the wide piece, share of each output", _splitter),
    "strip": ("modes, index against width", _strip),
    "taper": ("modes of both ends, index against width", _taper),
    "template": ("chance of one dot, where it lies", gallery_marks.template),
    "vernier": ("geometry, what is read", gallery_marks.vernier),
}
