"""Q of the resonance that makes the emission must be the same in two windows of the ring-down."""

from dataclasses import replace

from cqdphotonics.fdtd.modes import SAME_QUALITY, Mode, windows_check

MODE = Mode(
    wavelength=0.52, wavelength_uncertainty=0.0, quality=900.0, quality_uncertainty=0.0,
    windows=0.001, method="ring-down", shares={}, volume=None, volume_uncertainty=0.0,
    volume_at_emitter=None, index_at_maximum=None, index_at_emitter=2.0, maximum=None,
    purcell=30.0, purcell_of_mode=29.0, purcell_from_volume=None,
)  # fmt: skip


def test_windows_that_agree_pass_and_others_fail():
    good = windows_check([MODE], 0.52, 30.0)
    assert good is not None
    assert good.passed
    bad = windows_check([replace(MODE, windows=1.5 * SAME_QUALITY)], 0.52, 30.0)
    assert bad is not None
    assert not bad.passed
    assert "two windows" in str(bad)


def test_only_the_mode_that_makes_the_emission_is_asked():
    """A line five widths away makes 1/101 of its peak here. Without two windows none is known."""
    wrong = replace(MODE, windows=1.0)
    away = 0.52 * (1 + 5 / MODE.quality)
    assert windows_check([replace(wrong, wavelength=away)], 0.52, 1.0) is None
    assert windows_check([replace(MODE, windows=None)], 0.52, 30.0) is None
    assert windows_check([replace(wrong, quality=50.0)], 0.52, 30.0) is None
    assert windows_check([], 0.52, 1.0) is None
