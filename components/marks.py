"""What a chip is aligned, tested and read by: marks, verniers, dose tests, labels."""

from typing import TYPE_CHECKING, Annotated

from cqdphotonics.errors import GeometryError
from cqdphotonics.layout.component import even, new_cell, part, require_width
from cqdphotonics.layout.layers import DEVICE, LABEL, MARKS, METAL, TEMPLATE
from cqdphotonics.layout.parameters import Choice, Range, snap
from cqdphotonics.layout.pdk import activate
from cqdphotonics.layout.shapes import ellipse_points, polygon, rectangle, take

if TYPE_CHECKING:
    import gdsfactory as gf

_LAYERS = {layer.name: layer.number for layer in (MARKS, DEVICE, METAL, TEMPLATE, LABEL)}

MarkLayer = Annotated[str, Choice(("MARKS", "DEVICE", "METAL", "TEMPLATE"), "layer")]


@part
def alignment_cross(
    length: Annotated[
        float,
        Range(
            1.0,
            500.0,
            "µm",
            "length of each arm, end to end",
            "short ones are not found, long ones leave the write field",
        ),
    ] = 40.0,
    width: Annotated[
        float, Range(0.05, 50.0, "µm", "width of the arms", "thin ones are not found")
    ] = 2.0,
    kind: Annotated[
        str,
        Choice(
            ("ebeam", "overlay"),
            "a full cross for the beam to find, or four arms with a cross of the second layer "
            "between them",
        ),
    ] = "ebeam",
    clearance: Annotated[
        float,
        Range(
            0.1,
            20.0,
            "µm",
            "between the first and the second layer's parts",
            "an overlay error must not close it, and the eye compares near edges only",
        ),
    ] = 1.0,
    layer: MarkLayer = "MARKS",
    second: MarkLayer = "TEMPLATE",
) -> "gf.Component":
    """Alignment mark: a cross, alone or as a pair of two layers that overlay is read from.

    From above, ``ebeam`` and ``overlay``::

              █                  █
              █                 ███        █ layer: a window in the shape of a cross
         ███████████          ██ + ██      + second: a cross that fits into it
              █                 ███
              █                  █

    For the e-beam, the arms are of one width and of high contrast. For overlay, of `layer` four
    L-shaped corners are drawn, and of `second` a cross between them: where the two are aligned,
    it is `clearance` away from each corner.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the arms are shorter than they are wide, or the corners have no room.
    """
    require_width(
        "what the arms have of length beyond their width",
        (length - width) / 2,
        0.05,
        "Take a longer or a thinner cross.",
    )
    cell = new_cell()
    across, along = even(width), even(length)
    first, other = _LAYERS[layer], _LAYERS[second]
    if kind == "ebeam":
        rectangle(cell, first, (along, across))
        rectangle(cell, first, (across, along))
        return cell
    near = snap(across / 2 + clearance)
    far = snap(along / 2)
    require_width(
        "each of the corners", far - near - across, 0.05, "Take a longer cross or less clearance."
    )
    for x in (-1, 1):
        for y in (-1, 1):
            corner = [
                (near, near),
                (far, near),
                (far, near + across),
                (near + across, near + across),
                (near + across, far),
                (near, far),
            ]
            polygon(cell, first, [(x * u, y * v) for u, v in corner])
    rectangle(cell, other, (along, across))
    rectangle(cell, other, (across, along))
    return cell


@part
def vernier(
    step: Annotated[
        float,
        Range(
            0.001,
            1.0,
            "µm",
            "how much the second scale is finer; what is read",
            "finer ones vanish on the grid, coarser ones are read without a vernier",
        ),
    ] = 0.01,
    notches: Annotated[
        int,
        Range(1, 50, "", "bars on either side of the middle one", "with none there is no scale"),
    ] = 10,
    pitch: Annotated[
        float,
        Range(
            0.5,
            50.0,
            "µm",
            "period of the first scale",
            "narrower bars can't be told apart in a microscope",
        ),
    ] = 4.0,
    height: Annotated[
        float,
        Range(0.5, 100.0, "µm", "length of the bars", "shorter ones can't be seen in a microscope"),
    ] = 8.0,
    layer: MarkLayer = "MARKS",
    second: MarkLayer = "TEMPLATE",
) -> "gf.Component":
    """Vernier: two scales on two layers, whose overlay is read where their bars meet.

    From above::

        layer      ▌ ▌ ▌ ▌ █ ▌ ▌ ▌ ▌      period pitch
        second     ▐▐ ▐ ▐ ▐█▐ ▐ ▐ ▐▐      period pitch - step

    Bar number k from the middle is k * step off: where bars are in line, k * step is the
    overlay error along x. The middle bars, at x = 0, are longer. gdsfactory's ``litho_calipers``.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the scales run out of step over their length.
    """
    require_width(
        "what is left of a period at the ends, where the scales are farthest apart,",
        pitch / 2 - step * notches,
        0.05,
        "Take a smaller step, fewer notches or a longer pitch.",
    )
    gf = activate()
    bar = even(pitch / 2)
    made = gf.components.litho_calipers(
        notch_size=(bar, height),
        notch_spacing=snap(pitch - bar),
        num_notches=notches,
        offset_per_notch=step,
        layer1=_LAYERS[layer],
        layer2=_LAYERS[second],
    )
    cell = new_cell()
    _take_at(cell, made, -(notches * pitch + bar / 2), 0.0)
    cell.info["range"] = round(step * notches, 6)
    return cell


@part
def dose_test(
    columns: Annotated[
        int,
        Range(
            1,
            50,
            "",
            "exposures with different doses",
            "a dose can be told in some tens of steps, no finer",
        ),
    ] = 7,
    first_dose: Annotated[
        float,
        Range(
            0.1,
            10.0,
            "",
            "dose of the first column over the base dose",
            "far from the base dose nothing is resolved",
        ),
    ] = 0.70,
    dose_step: Annotated[
        float,
        Range(
            0.001,
            2.0,
            "",
            "from column to column",
            "the beam current is no steadier than a thousandth",
        ),
    ] = 0.10,
    smallest: Annotated[
        float, Range(0.02, 5.0, "µm", "narrowest line and gap", "what is at stake in the test")
    ] = 0.06,
    rows: Annotated[
        int,
        Range(
            1,
            12,
            "",
            "rows of lines, each wider by a factor √2",
            "the twelfth is already 45 times as wide",
        ),
    ] = 6,
    height: Annotated[
        float,
        Range(1.0, 200.0, "µm", "length of the lines", "short ones are blurred at both ends"),
    ] = 5.0,
    lines: Annotated[int, Range(2, 50, "", "lines of a group", "a gap needs two lines")] = 8,
) -> "gf.Component":
    """Dose test: the same lines, gaps and holes in columns that are exposed with different doses.

    From above::

         0.70        0.80        0.90          dose over the base dose, on layer LABEL
        ‖‖‖‖ ▣      ‖‖‖‖ ▣      ‖‖‖‖ ▣         row 1: lines and gaps of `smallest`, holes in a pad
        ‖‖‖‖ ▣      ‖‖‖‖ ▣      ‖‖‖‖ ▣         row 2: √2 times as wide
          …

    `info` says which dose belongs to which stretch of x: the writer gives the shapes there that
    dose. A line that has come out as wide as the gap beside it was exposed rightly.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    """
    cell = new_cell()
    sizes = [even(smallest * 2 ** (row / 2)) for row in range(rows)]
    group = 2 * lines * sizes[-1]
    pad = even(max(height, 12 * sizes[-1]))
    pitch = snap(max(1.2 * (group + 2 + pad), 14.0))
    gf = activate()
    doses = []
    for column in range(columns):
        dose = round(first_dose + column * dose_step, 6)
        left = snap(column * pitch)
        doses.append([left, snap(left + pitch), dose])
        for row, size in enumerate(sizes):
            bottom = -(row + 1) * snap(pad + 2.0)
            for line in range(lines):
                x = left + 2 * size * line + size / 2
                rectangle(cell, DEVICE.number, (size, height), (x, bottom + height / 2))
            _holes_in_a_pad(cell, (left + group + 2 + pad / 2, bottom + pad / 2), pad, size)
        text = gf.components.text(text=f"{dose:.2f}", size=3.0, layer=LABEL.number)
        _take_at(cell, text, left, 1.0)
    cell.info["doses"] = doses
    cell.info["widths"] = sizes
    return cell


@part
def label(
    text: Annotated[str, Choice((), "what is written")] = "CQD 01",
    size: Annotated[
        float, Range(1.0, 500.0, "µm", "height of a line", "below 5 µm a microscope can't read it")
    ] = 10.0,
    layer: Annotated[
        str, Choice(("LABEL", "MARKS", "DEVICE", "METAL", "TEMPLATE"), "layer")
    ] = "LABEL",
) -> "gf.Component":
    """Label that a microscope reads: text as polygons, its lower left corner at the origin.

    From above::

        ┌─┐ ┌─┐ ┬─┐
        │   │ │ │ │     size: ten pixels of the font
        └─┘ └─╲ ┴─┘

    gdsfactory's ``text``. Strokes are a fifth of `size` wide.

    Raises
    ------
    RangeError
        If a parameter is outside its range.
    GeometryError
        If the font lacks a character, or nothing would be drawn.
    """
    missing = sorted({one for one in text if not (one == "\n" or " " <= one <= "~")})
    if missing:
        raise GeometryError(
            f"label: the font has no {', '.join(map(repr, missing))}, given in {text!r}. Take "
            "letters a-z and A-Z, digits and the signs of ASCII: u for µ, for example."
        )
    gf = activate()
    cell = new_cell()
    take(cell, gf.components.text(text=text, size=size, layer=_LAYERS[layer]))
    return cell


def _holes_in_a_pad(
    cell: "gf.Component", centre: tuple[float, float], pad: float, size: float
) -> None:
    """A square of film with three by three round holes twice as wide as the lines."""
    x, y = snap(centre[0]), snap(centre[1])
    half, step = snap(pad / 2), snap(4 * size)
    holes = [
        ellipse_points((size, size), (x + i * step, y + j * step))
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
    ]
    corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
    polygon(cell, DEVICE.number, [(x + u, y + v) for u, v in corners], holes)


def _take_at(cell: "gf.Component", made: "gf.Component", x: float, y: float) -> None:
    from klayout import db

    take(cell, made, db.DCplxTrans(1, 0, False, x, y))
