"""From the ports of a device to grating couplers in a row at the pitch of a fibre array."""

from typing import Any

from cqdphotonics.errors import GeometryError, InputError
from cqdphotonics.layout.chip import Placement, Point
from cqdphotonics.layout.parameters import snap
from cqdphotonics.tapeout.schema import Fibre


def fibre_placements(name: str, cell: Any, at: Point, fibre: Fibre) -> list[Placement]:
    """Waveguides and couplers for one device.

    A port that looks to the left is led to the left, one that looks to the right to the right,
    straight to half of the pitch from the device's origin, up through a bend, and into a coupler
    that looks up: both beams leave under one angle, `fibre.pitch` apart, where a fibre array has
    its fibres::

            ^                   ^      couplers
            |                   |
            '───── device ──────'

    Parameters
    ----------
    name : str
        Of the device; the parts are of its group.
    cell : gdsfactory Component
        The device.
    at : (float, float)
        Its origin on the chip, µm.
    fibre : Fibre
        What is wanted.

    Raises
    ------
    InputError
        A port that does not exist or is not optical, two ports to one side.
    GeometryError
        If there is no room between device and coupler.
    """
    from cqdphotonics import components

    found: list[Placement] = []
    sides: set[int] = set()
    for port_name in fibre.ports:
        port = _port(name, cell, port_name)
        side = {0: 1, 180: -1}.get(round(float(port.orientation)) % 360)
        if side is None or side in sides:
            raise InputError(
                f"{name}: the port {port_name} looks to {port.orientation:g}°. Couplers are led "
                "to from one port at 180° (left) and one at 0° (right)."
            )
        sides.add(side)
        x, y = (snap(float(value)) for value in port.dcenter)
        width = float(port.dwidth)
        bend = components.load("bend")(radius=fibre.radius, width=width)
        reach_x, reach_y = (snap(float(value)) for value in bend.ports["o2"].dcenter)
        length = snap(fibre.pitch / 2 - reach_x - side * x)
        if length < 0.1:
            raise GeometryError(
                f"{name}: no room for a bend of {fibre.radius:g} µm between the device, which ends "
                f"{side * x:g} µm from its middle, and a coupler at half the fibre pitch of "
                f"{fibre.pitch:g} µm. Take a smaller radius."
            )
        strip = components.load("strip")(length=length, width=width)
        rise = components.load("strip")(length=fibre.above, width=width)
        coupler = components.load("grating_coupler")(**{**fibre.coupler, "width": width})
        start = (at[0] + x, at[1] + y)
        corner = (start[0] + side * length, start[1])
        column = at[0] + side * fibre.pitch / 2
        ends = [
            ("strip", strip, start, 0 if side > 0 else 180),
            # Mirrored to the left: the same bend entered from its other end, and turned.
            ("bend", bend, corner, 0)
            if side > 0
            else ("bend", bend, (column, corner[1] + reach_y), 270),
            ("rise", rise, (column, corner[1] + reach_y), 90),
            ("coupler", coupler, (column, corner[1] + reach_y + fibre.above), 90),
        ]
        found += [
            Placement(f"{name} {port_name} {what}", made, place, "guide", 2.0, turned, name)
            for what, made, place, turned in ends
        ]
    return found


def _port(name: str, cell: Any, wanted: str) -> Any:
    optical = {str(port.name): port for port in cell.ports if port.port_type == "optical"}
    if wanted not in optical:
        raise InputError(
            f"{name}: the device has no optical port '{wanted}'. "
            f"It has: {', '.join(sorted(optical)) or 'none'}."
        )
    return optical[wanted]
