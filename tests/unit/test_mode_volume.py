"""Where a mode has no volume, and that it is said."""

from cqdphotonics import components
from cqdphotonics.cli.simulate import _mode_lines
from cqdphotonics.fdtd.modes import SPREADS, Mode, plane_films_only
from cqdphotonics.fdtd.planning import plan
from cqdphotonics.fdtd.scene import build_scene


def only_job(name, stack, dipole, wavelength):
    return plan(build_scene(components.load(name)(), stack, dipole), wavelength, "draft").jobs[0]


def test_between_mirrors_without_sides_a_mode_spreads():
    """An open planar cavity is films only; a disc, a pillar on a mirror and a slab with holes end
    sideways somewhere."""
    assert plane_films_only(only_job("planar", "open-dbr", "x", 0.52))
    for name, stack, dipole in (
        ("disc", "sin-air", "x"), ("micropillar", "pillar-dbr", "x"), ("l3", "sin-air", "y"),
    ):  # fmt: skip
        assert not plane_films_only(only_job(name, stack, dipole, 0.6)), name


def test_a_missing_volume_is_explained():
    mode = Mode(
        wavelength=0.52, wavelength_uncertainty=0, quality=900, quality_uncertainty=0, windows=None,
        method="ring-down", shares={"up": 1.0}, volume=None, volume_uncertainty=0,
        volume_at_emitter=None, index_at_maximum=None, index_at_emitter=1.5, maximum=None,
        purcell=12.0, purcell_of_mode=None, purcell_from_volume=None, no_volume=SPREADS,
    )  # fmt: skip
    assert "no mode volume: the mode is not confined sideways" in "\n".join(_mode_lines(mode))
    assert Mode.from_dict(mode.as_dict()) == mode
    known = {key: value for key, value in mode.as_dict().items() if key != "no_volume"}
    assert Mode.from_dict(known).no_volume == ""  # as older responses are
