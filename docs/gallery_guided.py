"""Pictures of guided light: modes of cross-sections, and spectra drawn from figures of parts.

No simulation in time: the modes are those of the full Maxwell equations on the cross-section of a
straight waveguide, which take a second.
"""

from functools import cache
from typing import Any

import numpy as np
from gallery_frame import as_svg

from cqdphotonics import components, materials, nominal
from cqdphotonics.constants import SPEED_OF_LIGHT, angular_frequency
from cqdphotonics.fdtd.waveguide import Mode, StripSection, strip_modes
from cqdphotonics.layout import stacks

_MARGIN, _WIDE_MARGIN, _NARROW = 1.5, 3.0, 0.3
"""From the waveguide to the walls of the box, in wavelengths of what is around it; the second for
strips narrower than so many wavelengths, whose modes are near their cut-off and wide."""

_FEW, _COARSE = 2, 10
"""Of those: modes, and points a wavelength in the core; more take a minute and show the same."""


def section(stack: str, width: float, wavelength: float, **stack_parameters: float) -> StripSection:
    """Cross-section of a waveguide of the film that holds the dot."""
    films = stacks.load(stack, **stack_parameters)
    film = next(one for one in films.films if one.name == films.emitter_film)

    def index(name: str) -> float:
        return float(materials.load(name).index(wavelength).real)

    return StripSection(
        width=width,
        thickness=film.thickness,
        core=index(film.material),
        below=index(films.substrate),
        above=index(films.cladding),
    )


@cache
def modes(
    strip: StripSection, wavelength: float, count: int = 4, points: int = 16
) -> tuple[Mode, ...]:
    """Guided modes of a cross-section on a grid of so many points a wavelength in the core."""
    margin = _MARGIN
    if strip.width < _NARROW * wavelength:
        margin, count, points = _WIDE_MARGIN, min(count, _FEW), min(points, _COARSE)
    return tuple(
        strip_modes(
            strip,
            wavelength,
            count=count,
            step=wavelength / strip.core / points,
            margin=margin * wavelength / max(strip.below, strip.above),
        )
    )


def first(strip: StripSection, wavelength: float, polarisation: str = "TE") -> Mode:
    """The mode of highest index of a polarisation."""
    return next(m for m in modes(strip, wavelength) if m.polarisation == polarisation)


def mode_field(mode: Mode, strip: StripSection, name: str, kind: str = "mode") -> str:
    """|E|² of a mode in the cross-section, the waveguide outlined."""
    from cqdphotonics.report.svg import drawing

    intensity = (np.abs(mode.electric) ** 2).sum(axis=0).T
    with np.errstate(divide="ignore"):
        level = np.clip(10 * np.log10(intensity / intensity.max()), -40, 0)
    height = float(np.clip(0.9 + 3.4 * np.ptp(mode.z) / np.ptp(mode.y), 2.0, 4.4))
    with drawing(4.6, height) as (figure, axes):
        image = axes.pcolormesh(
            mode.y, mode.z, level, cmap="magma", shading="nearest", rasterized=True
        )
        half, top = strip.width / 2, strip.thickness
        axes.plot([-half, half, half, -half, -half], [0, 0, top, top, 0], color="white", lw=0.8)
        if strip.below != strip.above:
            axes.axhline(0, color="white", lw=0.5, ls=":")
        axes.set(xlabel="across the waveguide (µm)", ylabel="z (µm)")
        axes.set_aspect("equal")
        axes.grid(visible=False)
        bar = figure.colorbar(image, ax=axes, pad=0.02, shrink=0.8)
        bar.set_label("|E|² (dB)")
        bar.outline.set_visible(False)
        return as_svg(figure, name, kind, "Intensity of a guided mode in the cross-section.")


def indices(
    name: str, strips: list[StripSection], wavelength: float, marks: dict[str, float]
) -> str:
    """Effective and group index of the lowest modes against the width; `marks` are widths."""
    from cqdphotonics.report.svg import BEST, FAINT, GOOD, INK, START, drawing

    families: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    for strip in strips:
        seen = {"TE": 0, "TM": 0}
        for mode in modes(strip, wavelength):
            key = (str(mode.polarisation), seen[mode.polarisation])
            seen[mode.polarisation] += 1
            families.setdefault(key, []).append(
                (strip.width, mode.effective_index, mode.group_index)
            )
    looks = {("TE", 0): (BEST, "o-"), ("TM", 0): (START, "s-"),
             ("TE", 1): (GOOD, "^-"), ("TM", 1): (FAINT, "v-")}  # fmt: skip
    with drawing(4.6, 3.6) as (figure, axes):
        for key, (colour, look) in looks.items():
            if key not in families:
                continue
            widths, effective, group = np.array(sorted(families[key])).T
            label = f"{key[0]}{key[1]}"
            axes.plot(widths, effective, look, color=colour, ms=3.5, lw=1.4, label=label)
            if key[1] == 0:
                axes.plot(widths, group, look[0], color=colour, ms=3, mfc="none", ls=":", lw=1.1)
        around = max(strips[0].below, strips[0].above)
        axes.axhline(around, color=INK, lw=0.8, ls="--")
        for said, width in marks.items():
            axes.axvline(width, color=INK, lw=0.8)
            axes.annotate(
                said, (width, 0.02), xycoords=("data", "axes fraction"), xytext=(-3, 0), ha="right",
                textcoords="offset points", rotation=90, va="bottom", fontsize=8,
            )  # fmt: skip
        axes.set(xlabel="width (µm)", ylabel="index: effective (solid), group (dotted)")
        axes.legend(fontsize=9, ncols=2)
        return as_svg(figure, name, "indices", "Effective and group index against width.")


# --- designs in parts ---------------------------------------------------------------------------


NO_FAR_FIELD = "Light leaves by the bus, along the chip: there is no far field to show."


def in_parts(design: nominal.NominalDesign, parts: nominal.PartsRecord) -> list[tuple[str, str]]:
    """Mode of the rim and spectrum of a ring, from figures of its parts, with captions."""
    given: dict[str, Any] = dict(components.resolve(design.component, design.parameters))
    width = given["ring_width"] if parts.curves else given["width"]
    strip = section(design.stack, width, design.wavelength, **design.stack_parameters)
    mode = first(strip, design.wavelength)
    quality = next(one.value[0] for one in parts.figures if one.key.startswith("quality"))
    radius = given["ring_radius"] if parts.curves else given["radius"]
    around = 2 * np.pi * radius + 2 * given.get("straight", 0.0)
    spacing = design.wavelength**2 / (mode.group_index * around)
    shown = [
        (f"|E|² of the TE0 mode in the cross-section of the rim, as of a straight waveguide: "
         f"effective index {mode.effective_index:.4f}, group index {mode.group_index:.3f}",
         mode_field(mode, strip, design.name)),
    ]  # fmt: skip
    drawn = "Drawn from {} of the parts: not a simulated spectrum."
    if parts.curves:
        bus = parts.curves["bus"].at(given["bus_gap"])
        loaded = 1 / (1 / quality + bus / angular_frequency(design.wavelength))
    else:
        loaded = parts.value("quality_loaded")
    said = (
        f"{drawn.format('λ, Q, κ2 and free spectral range')} Q of the ring "
        f"{_power_of_ten(loaded)} with its bus, {_power_of_ten(quality)} without"
    )
    shown.append((said, _comb(design, spacing, loaded)))
    if not parts.curves:
        return shown
    said = (
        f"{drawn.format('J, κ2 and Q')} A dot in the beam, the ring brought to the beam's line: "
        "what reaches the bus; losses of the beam are left out"
    )
    coupling = parts.curves["coupling"].at(given["gap"])
    return [*shown, (said, _pair(design, coupling, bus, quality))]


def _power_of_ten(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}·10" + str(int(exponent)).translate(
        str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    )


def _comb(design: nominal.NominalDesign, spacing: float, quality: float) -> str:
    """Equal Lorentzians a free spectral range apart, on a logarithmic scale; one of them alone."""
    from cqdphotonics.report.svg import BEST, drawing

    half = design.wavelength / quality / 2
    # Points crowd at each line, which is thousands of times narrower than their distance.
    near = half * np.concatenate([[0], np.logspace(-1, np.log10(spacing / 2 / half), 150)])
    one = np.concatenate([-near[::-1], near[1:]])
    x = np.concatenate([one + order * spacing for order in (-1, 0, 1)])
    lines = sum(1 / (1 + ((x - order * spacing) / half) ** 2) for order in range(-4, 5))
    with drawing(4.6, 3.6, nrows=2) as (figure, (above, below)):
        above.plot(1e3 * x, 10 * np.log10(lines), color=BEST, lw=1.1)
        above.set(xlabel="distance from a line (nm)", ylabel="relative (dB)", ylim=(None, 5))
        above.set_title(f"free spectral range {1e3 * spacing:.3g} nm", fontsize=9)
        near = np.linspace(-6, 6, 301)
        unit, factor = ("pm", 1e6) if half < 1e-5 else ("nm", 1e3)
        below.plot(factor * half * near, 1 / (1 + near**2), color=BEST)
        below.set(xlabel=f"distance from the line ({unit})", ylabel="relative", ylim=(0, 1.15))
        below.set_title(f"one line: {2 * factor * half:.3g} {unit} wide", fontsize=9)
        return as_svg(figure, design.name, "spectrum", "Lines of a ring.")


def _pair(design: nominal.NominalDesign, coupling: float, bus: float, quality: float) -> str:
    """Light in the bus from a dot in a beam that is coupled to a ring on its line."""
    from cqdphotonics.report.svg import BEST, drawing

    ring = bus + angular_frequency(design.wavelength) / quality
    reach = 2.2 * max(coupling, ring)
    detuning = np.linspace(-reach, reach, 601)
    # Amplitudes a of the beam and b of the ring: -iδ a = -iJ b + 1, (ring/2 - iδ) b = -iJ a.
    ring_amplitude = coupling / ((ring / 2 - 1j * detuning) * -1j * detuning + coupling**2)
    power = np.abs(ring_amplitude) ** 2
    with drawing(4.6, 3.6) as (figure, axes):
        axes.plot(detuning, power / power.max(), color=BEST)
        axes.set(
            xlabel="detuning from the common line (rad/ps)", ylabel="light in the bus, relative",
            ylim=(0, 1.15),
        )  # fmt: skip
        axes.set_title(
            f"J = {coupling:.3g}, κ2 = {bus:.3g} rad/ps; 1 rad/ps is "
            f"{1e3 * design.wavelength**2 / (2 * np.pi * SPEED_OF_LIGHT):.3g} nm",
            fontsize=9,
        )
        return as_svg(figure, design.name, "pair", "Split line of a beam and a ring.")
