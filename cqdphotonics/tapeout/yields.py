"""How many devices of the chip become good, and how many copies make enough of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from uncertainties import UFloat

from cqdphotonics.display import nominal, quantity, standard_deviation
from cqdphotonics.errors import CqdError
from cqdphotonics.placement import ALIGNED, Device, Good, Orientation, copies_for, good_share
from cqdphotonics.quantum import Environment
from cqdphotonics.tapeout.assembly import Assembly, Site
from cqdphotonics.tapeout.figures import Known

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Response

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChipYield:
    """What to expect of the chip.

    Attributes
    ----------
    goods : dict of str to Good
        Name of each device with a hole and stored figures → where its dot may lie, and what
        becomes of it.
    unknown : dict of str to str
        Name of each device with a hole of which nothing can be said → why.
    """

    goods: Mapping[str, Good]
    unknown: Mapping[str, str]

    @property
    def shares(self) -> dict[str, UFloat]:
        """Probability of each device to be good."""
        return {name: good.share for name, good in self.goods.items()}

    @property
    def expected(self) -> UFloat:
        """Good devices on one chip, and by how much that number scatters: Σp ± √Σp(1 − p).

        The uncertainty of the shares themselves (from counting samples; equal devices share one
        sample, and are off together) is added to it.
        """
        shares = [nominal(p) for p in self.shares.values()]
        scatter = sum(p * (1 - p) for p in shares)
        uncertain = 0.0
        for good in {id(one): one for one in self.goods.values()}.values():
            equal = sum(one is good for one in self.goods.values())
            uncertain += (equal * standard_deviation(good.share)) ** 2
        return quantity(sum(shares), float(np.sqrt(scatter + uncertain)))

    def distribution(self) -> Floats:
        """(N + 1,) probabilities of 0, 1, … good devices on one chip, exact for these shares."""
        chances = np.array([1.0])
        for share in self.shares.values():
            p = nominal(share)
            chances = np.convolve(chances, [1 - p, p])
        return chances

    def chance(self, wanted: int) -> float:
        """Probability of at least so many good devices on one chip."""
        return float(np.clip(self.distribution()[wanted:].sum(), 0.0, 1.0)) if wanted > 0 else 1.0

    def chips_for(self, wanted: int, certainty: float, most: int = 10_000) -> int | None:
        """How many such chips hold `wanted` good devices with a certainty; None above `most`."""
        once = self.distribution()[:wanted]  # below `wanted` is all that matters
        if once.size < 1 or once[0] >= 1:
            return None
        low, state = 0, np.array([1.0])
        while low < most:
            low += 1
            state = np.convolve(state, once)[:wanted]
            if 1 - state.sum() >= certainty:
                return low
        return None

    def pooled(self, figure: str) -> Floats:
        """A figure of single dots, all devices alike in weight, for a histogram."""
        parts = [good.outcome[figure] for good in self.goods.values()]
        return np.concatenate(parts) if parts else np.array([])

    @property
    def best(self) -> str | None:
        """Name of the device with the largest share; the first of equals."""
        shares = self.shares
        return max(shares, key=lambda name: nominal(shares[name])) if shares else None


def copies_text(share: float, wanted: int, certainty: float) -> str:
    """How many copies of a device to write, in words for tables."""
    try:
        return str(copies_for(wanted, share, certainty))
    except CqdError:
        return "no number is enough"


def chip_yield(assembly: Assembly, known: Mapping[str, Known]) -> ChipYield | None:
    """What becomes of the dots in the template's holes; None where the file asks for nothing."""
    if assembly.template is None or assembly.file.good is None:
        return None
    goods: dict[str, Good] = {}
    unknown: dict[str, str] = {}
    made: dict[int, Good | str] = {}
    for site in assembly.sites:
        if not site.has_hole or site.array.role != "device":
            continue
        one = known[site.name]
        if one.response is None:
            unknown[site.name] = one.status
            continue
        if id(one) not in made:
            made[id(one)] = _good(assembly, site, one.response)
        answer = made[id(one)]
        if isinstance(answer, str):
            unknown[site.name] = answer
        else:
            goods[site.name] = answer
    return ChipYield(goods, unknown)


def _good(assembly: Assembly, site: Site, response: "Response") -> Good | str:
    """The device's share, or why it can't be told."""
    file, template = assembly.file, assembly.template
    assert file.good is not None
    assert template is not None

    def coupling(dx: Any, dy: Any) -> Floats:
        return response.relative_coupling(dx, dy)

    try:
        return good_share(
            template,
            coupling,
            _model(assembly, response),
            assembly.emitter,
            dict(file.good.thresholds.items()),
            orientation=_orientation(file.good.orientation, file.good.dipole, site),
            samples=file.good.samples,
            seed=file.good.seed,
        )
    except CqdError as error:
        return " ".join(str(error).split())


def _model(assembly: Assembly, response: "Response") -> Any:
    """The device by relative coupling: without memory, or with modes whose g grows as its root."""
    collection = assembly.file.collection
    share = collection.share(response)
    environment = response.environment(
        assembly.emitter, collection.na, collection.direction, share=share, output="collected"
    )
    if environment.modes == 0:
        purcell = nominal(response.purcell)
        collected = min(1.0, max(0.0, nominal(share)))
        absorbed = min(1 - collected, max(0.0, nominal(response.absorbed) / purcell))
        return Device(
            purcell=purcell,
            collection=collected,
            absorbed=absorbed,
            background=_background(response, purcell, collected + absorbed),
        )

    def scaled(coupling: float) -> Environment:
        return replace(environment, g=np.asarray(environment.g) * np.sqrt(coupling))

    return scaled


def _background(response: "Response", purcell: float, spent: float) -> float:
    """What is left of the Purcell factor for a dot that the mode does not see.

    The lowest value in the simulated band, where the mode is farthest away; an upper bound, since
    the mode's tail is in it. No more than what is neither collected nor absorbed.
    """
    lowest = float(response.data["purcell"].min())
    return max(0.0, min(lowest, purcell * (1 - spent) * (1 - 1e-6)))


def _orientation(kind: str, dipole: str, site: Site) -> Orientation:
    from cqdphotonics.tapeout.figures import dipole_of

    field = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}[dipole_of(site)]
    if kind == "aligned":
        return ALIGNED
    shares = {"isotropic": (1.0, 0.0), "in_plane": (0.0, 1.0)}[kind]
    return Orientation(
        isotropic=shares[0],
        in_plane=shares[1],
        field=field,
        dipole=dipole,  # type: ignore[arg-type]
    )
