"""The ring's resonances: Meep in cylindrical coordinates against the straight waveguide's index."""

import json
import subprocess
import sys
from math import pi

import numpy as np
import pytest

from cqdphotonics import components
from cqdphotonics.fdtd.scene import build_scene
from cqdphotonics.fdtd.waveguide import StripSection, strip_modes
from cqdphotonics.layout import stacks

# In a process of its own, as all that imports Meep.
MEEP = """
import json, sys
import meep as mp
mp.verbosity(0)
ask = json.loads(sys.argv[1])
outer, inner, height, index = (ask[k] for k in ("outer", "inner", "height", "index"))
m, f = ask["m"], ask["f"]
res, pml, pad = 20, 0.5, 0.6
reach, tall = round(outer + pad + pml, 1), round(height + 2 * (pad + pml), 1)
sim = mp.Simulation(
    cell_size=mp.Vector3(reach, 0, tall), dimensions=mp.CYLINDRICAL, m=m, resolution=res,
    force_complex_fields=True, Courant=0.35, symmetries=[mp.Mirror(mp.Z)],
    boundary_layers=[mp.PML(pml)],
    geometry=[mp.Block(center=mp.Vector3((outer + inner) / 2),
                       size=mp.Vector3(outer - inner, mp.inf, height),
                       material=mp.Medium(index=index))],
    sources=[mp.Source(mp.GaussianSource(f, fwidth=0.1 * f), component=mp.Er,
                       center=mp.Vector3((outer + inner) / 2))],
)
found = mp.Harminv(mp.Er, mp.Vector3((outer + inner) / 2), f, 0.1 * f)
sim.run(mp.after_sources(found), until_after_sources=60)
print("RESULT" + json.dumps([(r.freq, r.Q, abs(r.amp)) for r in found.modes]))
"""


@pytest.mark.meep
def test_a_ring_resonates_where_its_circumference_holds_whole_waves():
    """m λ = 2π r n_eff(λ), n_eff of the straight strip, r and the cross-section from the layout.

    2 %: the bend pushes the mode outwards by about n² k² w⁴/(50 r), some tens of nm of 3 µm, and
    20 px/µm are good for .6 % in λ (ten pixels a wavelength in the film).
    """
    stack = stacks.load("sin-air", thickness=0.28)
    scene = build_scene(components.ring(bus="none"), stack, "y")
    outer, inner = scene.solids
    radius, width = (outer.radius + inner.radius) / 2, outer.radius - inner.radius
    assert scene.emitter[1] == pytest.approx(radius)

    def effective(wavelength):
        section = StripSection(width, 0.28, 2.0)
        return strip_modes(section, wavelength, count=1, step=0.03)[0].effective_index

    at = np.array([0.6, 0.66])
    slope, offset = np.polyfit(at, [effective(w) for w in at], 1)
    waves = round(2 * pi * radius * (offset + 0.63 * slope) / 0.63)
    # m λ = 2π r (offset + slope λ)
    expected = 2 * pi * radius * offset / (waves - 2 * pi * radius * slope)
    question = {
        "outer": outer.radius, "inner": inner.radius, "height": outer.zmax - outer.zmin,
        "index": 2.0, "m": waves, "f": 1 / expected,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", MEEP, json.dumps(question)],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    line = next(one for one in done.stdout.splitlines() if "RESULT" in one)
    # Harminv says a huge Q of either sign where it sees no loss.
    modes = [mode for mode in json.loads(line.split("RESULT")[1]) if abs(mode[1]) > 500]
    strongest = max(modes, key=lambda mode: mode[2])
    print(waves, expected, 1 / strongest[0], strongest[1])
    assert 1 / strongest[0] == pytest.approx(expected, rel=0.02)
