"""What the pages of marks and templates show: geometry, and where chance puts the dots."""

from typing import Any

import numpy as np
from gallery_frame import Shown, as_svg, defaults, layout, table

from cqdphotonics import components, placement

_GEOMETRY = "Nothing is simulated here: no light goes through it. What follows is its geometry."


def alignment_cross(_: Any) -> Shown:
    """The pair of crosses that overlay is read from."""
    given = defaults("alignment_cross")
    pair = components.load("alignment_cross")(kind="overlay")
    text = [
        _GEOMETRY,
        "",
        f"As a pair for overlay the cross of the second layer stands {given['clearance']:g} µm "
        "away from each of the four corners of the first; where it does not, half the difference "
        "of two opposite distances is the misalignment.",
        "",
    ]
    return text, [("kind = overlay: two layers", layout(pair, "alignment-cross-2", "a pair"))]


def vernier(made: Any) -> Shown:
    """What can be read, and a coarse one whose steps are seen."""
    given = defaults("vernier")
    step, notches = given["step"], given["notches"]
    text = [
        _GEOMETRY,
        "",
        f"Bar k from the middle is k × {1e3 * step:g} nm off its partner. Bars in line at k say "
        f"an error of that much along x: read to {1e3 * step:g} nm, up to "
        f"± {1e3 * float(made.info['range']):g} nm with {notches} bars a side.",
        "",
    ]
    fine = components.load("vernier")(step=0.05, notches=4, pitch=2.0, height=4.0)
    return text, [
        ("four bars a side, step 50 nm, pitch 2 µm: the scales run out of step outwards",
         layout(fine, "vernier-2", "a coarse vernier")),
    ]  # fmt: skip


def dose_test(made: Any) -> Shown:
    """Doses, widths, and one column."""
    doses = [f"{dose:g}" for _, _, dose in made.info["doses"]]
    widths = [f"{1e3 * float(width):.0f}" for width in made.info["widths"]]
    text = [
        _GEOMETRY,
        "",
        *table(
            ("", "values"),
            [
                ("dose over the base dose, column by column", ", ".join(doses)),
                ("widths of lines and gaps, row by row (nm)", ", ".join(widths)),
            ],
        ),
        "How a beam's spread changes what such lines come out as is told in [ebeam.md](ebeam.md).",
        "",
    ]
    one = components.load("dose_test")(columns=1, rows=3)
    return text, [("one column of three rows", layout(one, "dose-test-2", "a column"))]


def label(_: Any) -> Shown:
    """How wide its strokes are."""
    size = defaults("label")["size"]
    text = [
        _GEOMETRY,
        "",
        f"Strokes are a fifth of the size wide: {size / 5:.1f} µm at {size:g} µm.",
        "",
    ]
    return text, []


def template(made: Any) -> Shown:
    """Chance of exactly one dot, and where it lies."""
    from cqdphotonics.report.svg import BEST, GOOD, INK, START, drawing

    given = defaults("template")
    deviation = given["overlay"] / 2
    sizes = {"hole for one dot": 1.5 * given["dot"], "default": given["width"]}

    def hole(width: float, **more: Any) -> placement.Template:
        settings = {"dot_diameter": given["dot"], "depth": given["dot"], **more}
        return placement.Template.of(diameter=width, **settings)

    loads = np.logspace(-1, 1, 41)
    with drawing(4.6, 3.6) as (figure, axes):
        for width, colour in zip(sizes.values(), (BEST, START), strict=True):
            room = hole(width).room(given["dot"])
            for filling, style in (("equilibrium", "-"), ("irreversible", "--")):
                values = [hole(width, loading=float(m), filling=filling).single for m in loads]
                said = f"{1e3 * width:.0f} nm (room for {room}), {filling}"
                axes.plot(loads, values, style, color=colour, lw=1.4, label=said)
        axes.axhline(np.exp(-1), color=INK, lw=0.8, ls=":")
        axes.set(xscale="log", ylim=(0, 1.35), xlabel="mean number of dots that arrive a hole")
        axes.set_ylabel("P(exactly one)")
        axes.legend(fontsize=8, loc="upper left")
        single = as_svg(figure, "template", "single", "Chance of one dot against loading.")
    radii = np.linspace(0, 0.06, 25)
    rows = []
    with drawing(4.6, 3.6) as (figure, axes):
        for (said, width), colour in zip(sizes.items(), (BEST, START), strict=True):
            for sigma, style in ((0.0, ":"), (deviation, "-")):
                placed = placement.Distribution(hole(width, overlay=(sigma, sigma)))
                values = [placed.within(float(radius)) for radius in radii]
                label = f"{1e3 * width:.0f} nm, overlay {1e3 * sigma:.0f} nm"
                axes.plot(1e3 * radii, values, style, color=colour, lw=1.4, label=label)
                spread = placed.standard_deviations[0]
                rows.append(
                    (said, f"{1e3 * width:.0f}", f"{1e3 * sigma:.0f}", f"{1e3 * spread:.1f}",
                     f"{100 * placed.within(0.02):.0f} %")
                )  # fmt: skip
        axes.axvline(1e3 * float(made.info["largest_offset"]), color=GOOD, lw=0.9)
        axes.set(xlabel="distance from the nominal place (nm)", ylabel="share of dots within")
        axes.legend(fontsize=8, loc="lower right")
        within = as_svg(figure, "template", "within", "Share of dots within a distance.")
    heads = ("", "hole (nm)", "overlay σ (nm)", "σ of the dot along x (nm)", "within 20 nm")
    text = [
        "No light: what follows is chance, from `cqdphotonics.placement` "
        f"([placement.md](placement.md)), for dots of {1e3 * given['dot']:.0f} nm and holes as "
        f"deep. Half of `overlay` is taken as its standard deviation.",
        "",
        *table(heads, rows),
        f"At most, as in the layout's `info`: {1e3 * float(made.info['largest_offset']):.0f} nm.",
        "",
    ]
    return text, [
        ("chance of exactly one dot; dotted: the most that Poisson's law gives, 1/e", single),
        ("where a single dot lies; green: largest offset of the defaults", within),
    ]
