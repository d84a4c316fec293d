"""Guided light of several grids: what its uncertainty holds."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from cqdphotonics.fdtd.port_shares import OVERLAP, through_ports
from cqdphotonics.fdtd.registration import Registration

WAVELENGTH = np.linspace(0.58, 0.66, 81)


@dataclass
class Run:
    """What `through_ports` asks of an Analysis: a line of Q = 50 that grids move and scale."""

    factor: float = 1.0
    scale: float = 1.0
    share: float = 0.4
    window: float = 1.0
    wavelength: np.ndarray = field(default_factory=lambda: WAVELENGTH)

    @property
    def purcell(self):
        detuning = 2 * 50 * (0.62 * self.factor / WAVELENGTH - 1)
        return self.scale * (0.5 + 5 / (1 + detuning**2))

    @property
    def purcell_window(self):
        return self.window * self.purcell

    @property
    def guided(self):
        return {"west": self.share * self.purcell, "east": 0.5 * self.share * self.purcell}

    @property
    def port_flux(self):
        return {name: 1.2 * power for name, power in self.guided.items()}


def values(runs, registration):
    return {name: value for name, (_, value) in through_ports(runs, registration).items()}


def test_one_grid_states_no_uncertainty():
    told = values([Run()], Registration((1.0,), 0.0, ""))
    assert told["guided"][0] == pytest.approx(0.4 * Run().purcell)
    assert not told["guided_uncertainty"].any()
    assert not told["beta_uncertainty"].any()


def test_grids_that_agree_leave_the_overlap():
    """Moved onto each other two grids are the same: what is left is what they share."""
    runs = [Run(factor=1.004), Run(factor=1.002)]
    told = values(runs, Registration((1.004, 1.002), 0.0, ""))
    inside = slice(10, -10)
    assert told["guided"][0, inside] == pytest.approx(0.4 * Run().purcell[inside], rel=5e-3)
    assert told["guided_uncertainty"][0, inside] == pytest.approx(
        OVERLAP * told["guided"][0, inside], rel=0.1
    )
    assert told["beta_uncertainty"][1, inside] == pytest.approx(OVERLAP * 0.2, rel=0.01)


def test_each_reason_is_in_it():
    """Change between grids, of the share alone; between windows, of the power alone; the move."""
    fixed = Registration((1.0, 1.0), 0.0, "")
    line = int(np.argmax(Run().purcell))
    grids = values([Run(share=0.45), Run()], fixed)
    assert grids["beta_uncertainty"][0, line] == pytest.approx(np.hypot(0.05, 0.004), rel=1e-3)
    scaled = values([Run(scale=1.1), Run()], fixed)
    assert scaled["beta_uncertainty"][0, line] == pytest.approx(0.004, rel=1e-3)
    assert scaled["guided_uncertainty"][0, line] > 0.09 * scaled["guided"][0, line]
    windows = values([Run(), Run(window=0.95)], fixed)
    assert windows["guided_uncertainty"][0, line] > 0.049 * windows["guided"][0, line]
    assert windows["beta_uncertainty"][0, line] == pytest.approx(0.004, rel=1e-3)
    moved = values([Run(), Run()], Registration((1.0, 1.0), 3e-3, ""))
    flank = line + 8
    assert moved["guided_uncertainty"][0, flank] > 0.08 * moved["guided"][0, flank]
    assert moved["beta_uncertainty"][0, flank] == pytest.approx(0.004, rel=1e-3)
