"""How well a second layer lies on the first: the budget of the overlay error."""

from dataclasses import dataclass
from math import hypot, isfinite, sqrt

from cqdphotonics.errors import RangeError


@dataclass(frozen=True)
class OverlayBudget:
    """Standard deviations of independent errors, each along one axis, in µm.

    The template is written after the device layer, with the same marks in view. Both exposures
    find the marks, each with an error of its own, and place the beam with one; between them the
    chip drifts. What is the same for the whole chip (shift) is in it; rotation and scale, which
    grow with the distance from the marks, are not.

    Attributes
    ----------
    mark : float
        Finding the marks, in one exposure.
    tool : float
        Placing the beam in one exposure: stage, deflection, stitching.
    drift : float
        Drift of the beam and warming of the chip, over both.
    alignments : int
        2 where the device layer was itself aligned to the marks, 1 where it and the marks were
        written in one exposure.

    Raises
    ------
    RangeError
        A negative term, or other than one or two alignments.
    """

    mark: float
    tool: float
    drift: float
    alignments: int = 2

    def __post_init__(self) -> None:
        for name in ("mark", "tool", "drift"):
            value = getattr(self, name)
            if not (isfinite(value) and 0 <= value <= 1):
                raise RangeError(f"overlay: {name} = {value:g} µm is not between 0 and 1 µm.")
        if self.alignments not in (1, 2):
            raise RangeError(f"overlay: alignments = {self.alignments} is neither 1 nor 2.")

    @property
    def total(self) -> float:
        """√(n (mark² + tool²) + drift²), n alignments: standard deviation along x, and along y."""
        return hypot(sqrt(self.alignments) * hypot(self.mark, self.tool), self.drift)

    @property
    def terms(self) -> tuple[tuple[str, float], ...]:
        """Name and standard deviation (µm) of every term that is added in quadrature."""
        many = self.alignments
        return (
            (f"finding the marks, {many} ×", sqrt(many) * self.mark),
            (f"placing the beam, {many} ×", sqrt(many) * self.tool),
            ("drift", self.drift),
        )
