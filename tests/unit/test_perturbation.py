"""How a mode moves when surfaces do, against integrals done by hand, and what is refused."""

import numpy as np
import pytest

from cqdphotonics.codesign.check import check_study
from cqdphotonics.codesign.resonance import ResonanceModel
from cqdphotonics.codesign.space import Axis, Space
from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import InputError
from cqdphotonics.fdtd import build_scene
from cqdphotonics.fdtd.perturbation import ModeField, shift
from cqdphotonics.fdtd.planning import plan

PIXEL = 0.025
FREQUENCY = 2.0 - 0.01j
NORM = 3.0 - 1.0j
RADIUS, THICKNESS = 0.3, 0.2


@pytest.fixture(scope="module")
def disc():
    """Jobs of a disc, by radius and thickness."""
    from cqdphotonics import components
    from cqdphotonics.layout import stacks

    def job(radius=RADIUS, thickness=THICKNESS):
        component = components.load("disc")(radius=radius)
        scene = build_scene(component, stacks.load("sin-air", thickness=thickness))
        return plan(scene, 0.52).jobs[0]

    return job


def field(job, m, **parts):
    """A field of the given constant components, over the whole disc and beyond."""
    radius = (np.arange(24) + 0.5) * PIXEL
    height = (np.arange(24) - 11.5) * PIXEL
    values = {
        name: np.full((24, 24), parts.get(name, 0.0), dtype=complex)
        for name in ("Er", "Ep", "Ez", "Dr", "Dp", "Dz")
    }
    job = job.model_copy(update={"angular_number": m, "resolution": 1 / PIXEL})
    return ModeField(
        job, FREQUENCY,
        np.stack([values[n] for n in ("Er", "Ep", "Ez")]),
        np.stack([values[n] for n in ("Dr", "Dp", "Dz")]),
        radius, height, NORM, 1.0,
    )  # fmt: skip


@pytest.mark.parametrize("m, senses, sign", [(1, 2.0, -1.0), (0, 1.0, 1.0)])
@pytest.mark.parametrize("step", [0.001, 0.004])
def test_a_wall_that_moves(disc, m, senses, sign, step):
    """Along it E_φ and E_z count with Δε, across it D_r with Δ(1/ε), also for moves of less than
    the spacing of the points (3 nm). The surface is known to a pixel at its ends: 5 %."""
    mode = field(disc(), m, Ep=1.0 + 0.5j, Ez=0.3j, Dr=2.0, Er=1.0, Dz=1.0)
    names = list(mode.job.media)
    epsilon = {n: mode.job.media[n].epsilon for n in names}
    inside, outside = epsilon["Si3N4"], epsilon["air"]
    volume = np.pi * ((RADIUS + step) ** 2 - (RADIUS - step) ** 2) * THICKNESS
    density = (inside - outside) * ((0.3j) ** 2 + sign * (1 + 0.5j) ** 2)
    density -= (1 / inside - 1 / outside) * 2.0**2
    wanted = -FREQUENCY * senses * volume * density / NORM
    found = shift(mode, disc(RADIUS - step), disc(RADIUS + step))
    assert abs(found / wanted - 1) < 0.05


def test_a_film_that_grows(disc):
    """On both faces, the dot in the middle: E_r and E_φ with Δε, D_z with Δ(1/ε); 5 % as above."""
    mode = field(disc(), 1, Er=0.4, Ep=1.0, Dz=1.5, Ez=1.0, Dr=1.0)
    epsilon = {n: each.epsilon for n, each in mode.job.media.items()}
    inside, outside = epsilon["Si3N4"], epsilon["air"]
    density = (inside - outside) * (0.4**2 - 1.0) - (1 / inside - 1 / outside) * 1.5**2
    wanted = -FREQUENCY * 2 * np.pi * RADIUS**2 * 0.01 * density / NORM
    found = shift(mode, disc(thickness=THICKNESS - 0.005), disc(thickness=THICKNESS + 0.005))
    assert abs(found / wanted - 1) < 0.05
    assert shift(mode, disc(), disc()) == 0


def test_whole_modes_are_another_job_only_where_asked_for(disc):
    job = disc()
    assert "whole_modes" not in job.canonical()
    assert job.model_copy(update={"whole_modes": True}).hash != job.hash


def test_slopes_take_the_place_of_equal_weights():
    space = Space(
        tuple(Axis(n, 0.2, 0.6, 0.4, 0.001, True, "µm", False) for n in ("radius", "pitch"))
    )
    known = {"radius": 0.8, "pitch": 0.2}
    design = ({"radius": 0.4, "pitch": 0.4}, 1.0)
    assert ResonanceModel(space, [design], known).weights(design[0]) == known
    assert ResonanceModel(space, [design]).weights(design[0]) == {"radius": 0.5, "pitch": 0.5}
    # What was simulated is believed more than what was expected.
    other = ({"radius": 0.44, "pitch": 0.4}, 1 / 1.05)
    fitted = ResonanceModel(space, [design, other], known).weights(design[0])
    assert fitted["radius"] == pytest.approx(np.log(1.05) / np.log(1.1), abs=0.01)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"component": "nanobeam", "dipole": "y", "free": {"width": [0.4, 0.5]}}, "round about"),
        ({"stack": "sin-on-gold"}, "without metal"),
        ({"component": "bullseye", "free": {"rings": [2, 5]}}, "needs a free length"),
        (
            {"component": "theory.cavity", "stack": "", "free": {"g": [0.01, 0.05]}},
            "knows its slopes",
        ),
    ],
)
def test_slopes_where_there_are_none(change, said):
    content = {
        "name": "x", "emitter": "CsPbBr3-4K", "component": "disc", "stack": "sin-air",
        "free": {"radius": [0.2, 0.4]}, "objective": "indistinguishability",
        "search": {"slopes": "mode"},
    } | change  # fmt: skip
    content["free"] = {
        name: {"minimum": low, "maximum": high} for name, (low, high) in content["free"].items()
    }
    if content["component"] == "theory.cavity":
        content["objective"], content["fixed"] = "efficiency", {"kappa": 0.1}
    with pytest.raises(InputError, match=said):
        check_study(Study.model_validate(content))
