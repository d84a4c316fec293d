"""Set-up of a layout in Meep as the package does it, for `benchmarks.fdtd`."""

import json
import sys
import time

from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.solver.run import Run
from cqdphotonics.layout import stacks


def main() -> None:
    layout, thickness, wavelength = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    start = time.process_time()
    scene = build_scene(layout, stacks.load("sin-air", thickness=thickness), "y")
    job = plan(scene, wavelength).jobs[-1]
    recognised = time.process_time() - start
    seconds = {}
    for name, each in (("mirrors", job), ("whole cell", job.model_copy(update={"mirrors": ()}))):
        start = time.process_time()
        Run(each, homogeneous=False).sim.init_sim()
        seconds[name] = recognised + time.process_time() - start
    print(json.dumps({"seconds": seconds, "solids": len(job.solids), "voxels": each.voxels()}))


if __name__ == "__main__":
    main()
