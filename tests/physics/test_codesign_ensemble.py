"""Ensembles against closed forms: displaced dots in a Gaussian mode, turned dipoles, lines."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from scipy.special import erfc

from cqdphotonics import emitters
from cqdphotonics.codesign.ensemble import Ensemble, draw, figures_of_members, judge
from cqdphotonics.codesign.settings import Collection
from cqdphotonics.display import quantity
from cqdphotonics.quantum import Environment

DOT = emitters.load("CsPbBr3-4K")
WIDTH = 0.08
"""1/e² radius of |E|² of the mode, µm."""


class Device(SimpleNamespace):
    """A device without memory whose mode is a Gaussian; nothing beside the mode."""

    wavelength = DOT.wavelength

    def __init__(self, purcell: float, share: float = 0.5, linewidth: float = 0.002) -> None:
        grid = self.wavelength + np.linspace(-0.026, 0.026, 2001)
        line = purcell / (1 + (2 * (grid - self.wavelength) / linewidth) ** 2)
        data = xr.Dataset({"purcell": ("wavelength", line)}, coords={"wavelength": grid})
        super().__init__(data=data, share=share, purcell=quantity(purcell))

    def collection(self, na: float, direction: str):
        return quantity(self.share)

    def relative_coupling(self, dx, dy, axis):
        return np.exp(-2 * (dx**2 + dy**2) / WIDTH**2)

    def environment(self, emitter, share):
        return Environment.from_purcell(self.purcell, radiative_rate=emitter.radiative_rate)


def figures(ensemble: Ensemble, responses, seed=1):
    members = draw(ensemble, "x", seed)
    return figures_of_members(DOT, responses, members, Collection(), round_device=True)


def test_yield_of_displaced_dots():
    """r² is exponential, so exp(−2r²/w²) ≥ x has probability 1 − x^(w²/4σ²)."""
    sigma, purcell, wanted = 0.03, 40.0, 0.8
    ensemble = Ensemble(
        members=4096, placement=sigma, statistic="yield",
        thresholds={"indistinguishability": wanted},
    )  # fmt: skip
    found = judge(
        ensemble, {"indistinguishability": 1}, [figures(ensemble, {"x": Device(purcell)})]
    )
    ratio = DOT.gamma_star / DOT.gamma
    needed = wanted / (1 - wanted) * ratio - (1 - DOT.quantum_yield)  # I = Γ/(Γ + γ*)
    floor = Device(purcell).data["purcell"].values.min()
    x = (needed / DOT.quantum_yield - floor) / (purcell - floor)
    expected = 1 - x ** (WIDTH**2 / (4 * sigma**2))
    assert 0.2 < expected < 0.8
    # Scrambled Sobol points: the error falls faster than 1/√n = .008.
    assert found.good == pytest.approx(expected, abs=0.01)
    assert found.spread == pytest.approx(np.sqrt(expected * (1 - expected) / 4096), rel=0.05)
    assert found.value == found.good


def test_mean_over_isotropic_dipoles():
    """⟨nᵢ²⟩ = 1/3 each: the mean rate is the mean over the axes."""
    ensemble = Ensemble(members=1024, orientation="isotropic")
    devices = {"x": Device(30.0, 0.6), "z": Device(3.0, 0.1)}
    found = figures(ensemble, devices)
    assert found["purcell"].mean() == pytest.approx((2 * 30 + 3) / 3, rel=2e-3)
    # Each dot between the extremes.
    assert found["purcell"].min() >= 3.0 - 1e-9
    assert found["purcell"].max() <= 30.0 + 1e-9


def test_lines_spread_over_a_lorentzian():
    """Mean of a Lorentzian of HWHM h over a Gaussian of std s: √π·y·exp(y²)·erfc(y), y = h/√2s."""
    sigma, width, purcell = 0.0015, 0.002, 30.0
    ensemble = Ensemble(members=4096, wavelength_spread=sigma)
    found = figures(ensemble, {"x": Device(purcell, linewidth=width)})
    y = width / 2 / (np.sqrt(2) * sigma)
    expected = purcell * np.sqrt(np.pi) * y * np.exp(y**2) * erfc(y)
    # The spectrum is interpolated between points .026 of a width apart.
    assert found["purcell"].mean() == pytest.approx(expected, rel=5e-3)


def test_nominal_member_has_the_figures_of_the_study():
    ensemble = Ensemble(members=8)
    found = figures(ensemble, {"x": Device(20.0)})
    ratio = DOT.gamma_star / DOT.gamma
    rate = DOT.quantum_yield * 20 + 1 - DOT.quantum_yield
    assert found["indistinguishability"] == pytest.approx(np.full(8, rate / (rate + ratio)))


def test_a_template_places_and_loads():
    """Dots in holes lie anywhere in them, and only a share of the sites holds one."""
    template = {"diameter": 0.05, "dot_diameter": 0.01, "loading": 0.8}
    ensemble = Ensemble(
        members=4096, template=template, statistic="yield", thresholds={"purcell": 1.0}
    )
    members = draw(ensemble, "x", 1)
    r = np.hypot(members.dx, members.dy)
    assert r.max() <= 0.02
    assert (r**2).mean() == pytest.approx(0.02**2 / 2, rel=0.05)  # uniform over the disc; 1/√n
    assert ensemble.template is not None
    found = judge(ensemble, {"purcell": 1}, [figures(ensemble, {"x": Device(40.0)})])
    assert found.good == pytest.approx(ensemble.template.single)  # all single dots are good
    with pytest.raises(ValueError, match="keep one"):
        Ensemble(template=template, placement=0.01)


def test_statistics():
    values = {name: np.linspace(0.1, 1.0, 100) for name in ("purcell", "efficiency")}
    values["indistinguishability"] = np.linspace(0.1, 1.0, 100)
    one = {"indistinguishability": 1.0}
    worst = judge(Ensemble(statistic="worst"), one, [values])
    tenth = judge(Ensemble(statistic="quantile", quantile=0.1), one, [values])
    mean = judge(Ensemble(), {"indistinguishability": 1, "efficiency": 1}, [values, values])
    assert worst.value == pytest.approx(0.1)
    assert tenth.value == pytest.approx(0.19, abs=0.005)
    assert mean.value == pytest.approx((np.linspace(0.1, 1, 100) ** 2).mean())
    nothing = judge(Ensemble(statistic="yield", thresholds={"purcell": 5.0}), one, [values])
    assert nothing.value == 0
    assert 0 < nothing.climbed < 1e-3  # a search still sees a slope


@pytest.mark.parametrize(
    "given, message",
    [
        ({"statistic": "yield"}, "thresholds"),
        ({"thresholds": {"purcell": 3.0}}, "thresholds"),
        ({"statistic": "yield", "thresholds": {"beauty": 1.0}}, "beauty"),
        ({"statistic": "yield", "thresholds": {"purcell": -1.0}}, "not above 0"),
        ({"placement": -0.01}, "greater than or equal"),
    ],
)
def test_contradictions_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Ensemble(**given)
