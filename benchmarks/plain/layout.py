"""Set-up of a layout in Meep as a plain script does it: one prism for each merged polygon.

Holes become part of their polygon's outline by a cut line, as GDS itself stores them. The time
goes with the grid points, of which ``--share`` takes some: the whole layout is handed over, but the
cell is only its middle part along x.
"""

import json
import time
from argparse import ArgumentParser


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("layout", help="GDS file in µm, the film on layer 1/0")
    options.add_argument("--resolution", type=float, required=True, help="pixels per µm")
    options.add_argument("--index", type=float, required=True, help="refractive index of the film")
    options.add_argument("--thickness", type=float, required=True, help="of the film, in µm")
    options.add_argument("--around", type=float, required=True, help="of air and PML, in µm")
    options.add_argument("--share", type=float, default=1.0, help="of the cell along x, see below")
    arguments = options.parse_args()
    import meep as mp
    from klayout import db

    start = time.process_time()
    layout = db.Layout()
    layout.read(arguments.layout)
    top = layout.top_cell()
    drawn = db.Region(top.begin_shapes_rec(layout.layer(1, 0))).merged()
    film = mp.Medium(index=arguments.index)
    extent = drawn.bbox().to_dtype(layout.dbu)
    middle = extent.center()
    geometry, vertices = [], 0
    for polygon in drawn.each():
        points = list(polygon.resolved_holes().to_dtype(layout.dbu).each_point_hull())
        vertices += len(points)
        corners = [
            mp.Vector3(p.x - middle.x, p.y - middle.y, -arguments.thickness / 2) for p in points
        ]
        geometry.append(mp.Prism(corners, height=arguments.thickness, material=film))

    def even(size: float) -> float:
        return 2 * round(size * arguments.resolution / 2) / arguments.resolution

    around = arguments.around
    axes = [mp.Y, mp.Z] if arguments.share < 1 else [mp.X, mp.Y, mp.Z]
    sim = mp.Simulation(
        # The beam goes on through the absorbing layers, which lie inside the drawing's ends.
        cell_size=mp.Vector3(
            even(arguments.share * extent.width()),
            even(extent.height() + 2 * around),
            even(arguments.thickness + 2 * around),
        ),
        resolution=arguments.resolution,
        boundary_layers=[mp.PML(around / 2, direction=axis) for axis in axes],
        geometry=geometry,
    )
    sim.init_sim()
    seconds = time.process_time() - start
    record = {"seconds": seconds, "vertices": vertices, "polygons": len(geometry)}
    print(json.dumps(record | {"share": sim.cell_size.x / even(extent.width())}))


if __name__ == "__main__":
    main()
