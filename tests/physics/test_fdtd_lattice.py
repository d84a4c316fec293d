"""Plane waves on arrays: a flat film of gold against Airy's sum, discs against another method."""

import numpy as np
import pytest

from cqdphotonics import components
from cqdphotonics.fdtd import Store, build_scene
from cqdphotonics.fdtd.job import BlockSpec, CylinderSpec, MediumSpec
from cqdphotonics.fdtd.lattice import LatticeJob, QuietSpec
from cqdphotonics.fdtd.lattice_plan import plan_lattice
from cqdphotonics.fdtd.runner import run
from cqdphotonics.fdtd.smoothing import permittivity

pytestmark = pytest.mark.meep


def airy(index, last, thickness, wavelength):
    """Transmittance and reflectance of one film between vacuum and index `last`."""
    r1, r2 = (1 - index) / (1 + index), (index - last) / (index + last)
    t1, t2 = 2 / (1 + index), 2 * index / (index + last)
    phase = np.exp(2j * np.pi * index * thickness / wavelength)
    total = 1 + r1 * r2 * phase**2
    return last * abs(t1 * t2 * phase / total) ** 2, abs((r1 + r2 * phase**2) / total) ** 2


def test_flat_gold_passes_and_reflects_what_airy_says(store_root):
    """The planned grid without its holes, 40 nm of gold on glass: .6 to 1.1 µm.

    Four pixels of film at 100 a µm: 1.6 % of T, .0003 of R; four times less at twice the
    resolution (measured once). Faces without their half layers would miss T by tens of per cent.
    """
    scene = build_scene(components.load("nanohole_array")(half_count=1), "gold-on-glass")
    job = plan_lattice(scene, 0.85, "standard", band=(0.6, 1.1)).jobs[1]
    flat = job.model_copy(
        update={
            "solids": tuple(s for s in job.solids if s.kind == "block"),
            "periods": (2 / job.resolution, 2 / job.resolution),
            "region": None,
            "frequencies": job.frequencies[::10],
            "cut_stride": 4,
        }
    )
    found = run(flat, Store(store_root)).arrays
    gold, glass = flat.media["Au"], flat.media["SiO2"].epsilon ** 0.5
    for number, frequency in enumerate(flat.frequencies):
        index = permittivity(gold, frequency) ** 0.5
        through, back = airy(index, glass, 0.04, 1 / frequency)
        assert found["transmitted"][number] == pytest.approx(through, rel=0.02)
        assert 1 - found["entering"][number] == pytest.approx(back, abs=2e-3)
    assert found["summary"][3] == 1


def test_discs_as_rigorous_coupled_waves_have_them(store_root):
    """Discs of index 2.4 on glass; frozen from `oracles/rcwa_discs.py` (grcwa, 161 orders).

    From 101 to 161 orders its values move by .002; ours are on one coarse grid: .008 in all.
    Without loss what enters goes out: .003 at this stop.
    """
    period, pixels, height = 0.4, 20, 0.15
    resolution = pixels / period
    frozen = {0.62: 0.9527, 0.64: 0.9664, 0.66: 0.9736, 0.68: 0.9782}
    job = LatticeJob(
        resolution=resolution,
        periods=(period, period),
        below=0.46,
        above=0.54,
        pml=0.4,
        media={
            "disc": MediumSpec(label="2.4", epsilon=2.4**2),
            "glass": MediumSpec(label="1.45", epsilon=1.45**2),
            "air": MediumSpec(label="1", epsilon=1.0),
        },
        background="air",
        solids=(
            CylinderSpec(
                medium="disc", centre=(0, 0, 0), radius=0.12, radius_top=0.12, height=height
            ),
            BlockSpec(medium="glass", centre=(0, 0, -5 - height / 2), size=(None, None, 10.0)),
        ),
        averaging=True,
        travels="down",
        incidence="air",
        source=0.4,
        entry=0.3,
        exit=-0.34,
        mirrors=({"axis": "x", "parity": -1}, {"axis": "y", "parity": 1}),
        frequencies=tuple(1 / wavelength for wavelength in sorted(frozen, reverse=True)),
        region=(0.0, 0.0, 0.0, 0.24, 0.24, height),
        cut=(-0.1, 0.1),
        stop=QuietSpec(agreement=1e-3, left=2e-3, interval=5.0, longest=150.0),
    )
    found = run(job, Store(store_root)).arrays
    got = dict(zip(sorted(frozen, reverse=True), found["transmitted"], strict=True))
    assert got == pytest.approx(frozen, abs=8e-3)
    assert found["entering"] == pytest.approx(found["transmitted"], abs=3e-3)
    # In units of the incident light: near one beside weak scatterers, not by orders away.
    assert 0.05 < found["cut"].mean() < 5
