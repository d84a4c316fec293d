"""Devices and dots as they are made: a design judged over its scatter instead of at its best.

A member of the ensemble is one dot in one device: displaced, turned, of another wavelength, with
rates of its own; in a device whose edges or film came out a little different. Corners of the
fabrication and axes of the dipole cost a simulation each. All else follows from those:

* the wavelength from the spectrum of the Purcell factor;
* the place from the mode's field (`Response.relative_coupling`): what is enhanced beyond the lowest
  value in the band follows the field, the rest does not;
* the direction from the rates along the axes, F = Σ nᵢ² Fᵢ, which holds on average, and for each
  dot where symmetry forbids cross terms;
* rates from the emitter's spread.

The collected share of each axis is that of the nominal place and wavelength. The draw is quasi-
random and the same for every design, so that designs are compared on equal dots.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cqdphotonics.constants import angular_frequency
from cqdphotonics.display import nominal
from cqdphotonics.errors import InputError
from cqdphotonics.placement import Template, sample

if TYPE_CHECKING:
    from cqdphotonics.codesign.settings import Collection
    from cqdphotonics.emitters import Emitter
    from cqdphotonics.fdtd import Response
    from cqdphotonics.layout.stacks import Stack

Axis = Literal["x", "y", "z"]
Statistic = Literal["mean", "worst", "quantile", "yield"]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Spread = Annotated[float, Field(ge=0, allow_inf_nan=False)]

GUIDE = 1e-3
"""Weight of "how near the others are" beside a yield, so that a search has a slope at zero."""


class Ensemble(BaseModel):
    """What scatters, and what of the scatter is maximised; part of a study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    members: int = Field(default=256, ge=8, le=100_000, description="Dots for each device.")
    orientation: Literal["aligned", "in-plane", "isotropic"] = Field(
        default="aligned", description="Of the dipole: along the study's, or random."
    )
    placement: Spread = Field(
        default=0.0, description="Standard deviation of x and of y in µm (overlay of the template)."
    )
    template: Template | None = Field(
        default=None,
        description="Holes that place the dots, instead of `placement`; see `placement.Template`.",
    )
    wavelength_spread: Spread = Field(default=0.0, description="Standard deviation in µm.")
    dephasing_spread: Spread = Field(
        default=0.0, description="Relative standard deviation of γ* (log-normal)."
    )
    lifetime_spread: Spread = Field(
        default=0.0, description="Relative standard deviation of γ (log-normal)."
    )
    bias: tuple[float, ...] = Field(
        default=(0.0,), min_length=1, description="Edge biases in µm; each costs a simulation."
    )
    thickness: tuple[float, ...] = Field(
        default=(0.0,), min_length=1,
        description="Errors of the stack's thickness in µm; each costs a simulation.",
    )  # fmt: skip
    index: tuple[float, ...] = Field(
        default=(0.0,), min_length=1,
        description="Errors of a material's refractive index; each costs a simulation.",
    )  # fmt: skip
    index_of: str = Field(
        default="", description="The material that `index` is of; that of the pattern by default."
    )
    statistic: Statistic = "mean"
    quantile: Fraction = Field(default=0.1, description="For statistic: quantile.")
    thresholds: Annotated[dict[str, float], BeforeValidator(lambda v: v or {})] = Field(
        default_factory=dict, description="For statistic: yield; figures and least values."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.template is not None and self.placement:
            raise ValueError("'placement' and 'template' both place the dots; keep one")
        if (self.statistic == "yield") != bool(self.thresholds):
            raise ValueError(
                "'thresholds' (figures and their least values) belong to 'statistic: yield', and "
                "it needs them"
            )
        if self.index_of and not any(self.index):
            raise ValueError("'index_of' names a material, but 'index' holds no error of it")
        for name, least in self.thresholds.items():
            if name not in FIGURES:
                raise ValueError(f"'{name}' is not a figure of an ensemble: {', '.join(FIGURES)}")
            if not least > 0:
                raise ValueError(f"the least {name}, {least:g}, is not above 0")
        return self

    @property
    def corners(self) -> tuple[dict[str, float], ...]:
        """What is added to numbers of the stack, for each device that is simulated.

        "bias" and "thickness" are in µm, "index" is that of `index_of`.
        """
        return tuple(
            {"bias": bias, "thickness": thickness, "index": index}
            for bias, thickness, index in product(self.bias, self.thickness, self.index)
        )

    def other_index(self, stack: "Stack", shift: float) -> "Stack":
        """`stack` with the index of its material changed.

        Raises
        ------
        InputError
            If it has no such material, or that is a metal.
        """
        from cqdphotonics import materials
        from cqdphotonics.layout import stacks

        name = self.index_of or next(f.material for f in stack.films if f.layer is not None)
        return stacks.with_material(stack, name, materials.with_index(name, shift))

    def axes(self, dipole: Axis, round_device: bool) -> tuple[Axis, ...]:
        """Axes that have to be simulated; x and y are one in a device with full rotation."""
        if self.orientation == "aligned":
            return (dipole,)
        in_plane: tuple[Axis, ...] = ("x",) if round_device else ("x", "y")
        return in_plane if self.orientation == "in-plane" else (*in_plane, "z")


FIGURES = ("indistinguishability", "efficiency", "purcell")
"""What is known of each member."""


@dataclass(frozen=True)
class Members:
    """Dots drawn from an ensemble; arrays (n,), directions (n, 3), lengths in µm."""

    dx: NDArray[np.float64]
    dy: NDArray[np.float64]
    direction: NDArray[np.float64]
    wavelength_shift: NDArray[np.float64]
    gamma_factor: NDArray[np.float64]
    gamma_star_factor: NDArray[np.float64]


def draw(ensemble: Ensemble, dipole: Axis, seed: int) -> Members:
    """The dots of one device: a scrambled Sobol sequence, the same for the same seed."""
    from scipy.stats import norm, qmc

    count = ensemble.members
    unit = qmc.Sobol(7, scramble=True, seed=seed).random_base2(int(np.ceil(np.log2(count))))[:count]
    unit = np.clip(unit, 1e-9, 1 - 1e-9)
    normal = norm.ppf(unit)
    places = ensemble.placement * normal[:, :2]
    if ensemble.template is not None:
        places = sample(ensemble.template, count, seed)
    direction = np.zeros((count, 3))
    phi = 2 * np.pi * unit[:, 3]
    if ensemble.orientation == "aligned":
        direction[:, "xyz".index(dipole)] = 1.0
    else:
        up = 2 * unit[:, 2] - 1 if ensemble.orientation == "isotropic" else np.zeros(count)
        along = np.sqrt(1 - up**2)
        direction = np.column_stack([along * np.cos(phi), along * np.sin(phi), up])
    return Members(
        dx=places[:, 0],
        dy=places[:, 1],
        direction=direction,
        wavelength_shift=ensemble.wavelength_spread * normal[:, 4],
        gamma_factor=_log_normal(normal[:, 5], ensemble.lifetime_spread),
        gamma_star_factor=_log_normal(normal[:, 6], ensemble.dephasing_spread),
    )


def _log_normal(normal: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Factors of mean 1 and relative standard deviation `spread`."""
    width = np.sqrt(np.log1p(spread**2))
    return np.asarray(np.exp(width * normal - width**2 / 2))


def figures_of_members(
    emitter: "Emitter",
    responses: "Mapping[Axis, Response]",
    members: Members,
    collection: "Collection",
    round_device: bool,
) -> dict[str, NDArray[np.float64]]:
    """Figures (n,) of dots in one device.

    Parameters
    ----------
    emitter : Emitter
    responses : mapping of axis to Response
        Of dipoles along each axis at the nominal place.
    members : Members
    collection : Collection
        The cone or the port.
    round_device : bool
        Whether the device looks the same along x and y.
    """
    radiative, nonradiative = emitter.radiative_rate, emitter.gamma - emitter.radiative_rate
    purcell = np.zeros(members.dx.size)
    collected = np.zeros(members.dx.size)
    coupled: dict[Axis, NDArray[np.float64]] = {}
    for number, axis in enumerate(("x", "y", "z")):
        weight = members.direction[:, number] ** 2
        if not weight.any():
            continue
        source: Axis = axis  # type: ignore[assignment]
        dx, dy = members.dx, members.dy
        if axis not in responses and axis == "y" and round_device:
            source, dx, dy = "x", members.dy, -members.dx  # the same device, seen turned by 90°
        response = responses[source]
        rate, relative = _purcell(response, dx, dy, members.wavelength_shift, source)
        coupled[source] = relative
        purcell += weight * rate
        collected += weight * rate * nominal(collection.share(response))
    gamma_star = emitter.gamma_star * members.gamma_star_factor
    rate = (radiative * purcell + nonradiative) * members.gamma_factor
    markov = {
        "indistinguishability": rate / (rate + gamma_star),
        "efficiency": radiative * collected * members.gamma_factor / rate,
        "purcell": purcell,
    }
    if len(responses) > 1:
        return markov
    (axis, response), *_ = responses.items()
    environment = response.environment(emitter, share=collection.share(response))
    if environment.modes == 0:
        return markov
    return _with_memory(emitter, environment, members, coupled[axis], response.wavelength, markov)


def _purcell(
    response: "Response",
    dx: NDArray[np.float64],
    dy: NDArray[np.float64],
    shift: NDArray[np.float64],
    axis: Axis,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Purcell factors of displaced dipoles of other wavelengths, and their relative coupling."""
    wavelengths = np.asarray(response.data["wavelength"].values, float)
    spectrum = np.asarray(response.data["purcell"].values, float)
    order = np.argsort(wavelengths)
    here = np.interp(response.wavelength + shift, wavelengths[order], spectrum[order])
    relative = np.ones_like(dx)
    if dx.any() or dy.any():
        # A dipole that no mode answers to feels the same a few nanometres away.
        with suppress(InputError):
            relative = response.relative_coupling(dx, dy, axis=axis)
    floor = max(min(float(spectrum.min()), 1.0), 0.0)
    return floor + np.maximum(here - floor, 0.0) * relative, relative


def _with_memory(
    emitter: "Emitter",
    environment: Any,
    members: Members,
    relative: NDArray[np.float64],
    wavelength: float,
    markov: dict[str, NDArray[np.float64]],
) -> dict[str, NDArray[np.float64]]:
    """Dots coupled to narrow modes: each solved exactly, g² following the field at its place."""
    found = {name: values.copy() for name, values in markov.items()}
    own = emitter.gamma - emitter.radiative_rate
    for k in range(members.dx.size):
        shift = angular_frequency(wavelength + members.wavelength_shift[k]) - angular_frequency(
            wavelength
        )
        here = replace(
            environment,
            g=environment.g * np.sqrt(relative[k] * members.gamma_factor[k]),
            detunings=environment.detunings - shift,
        )
        star = emitter.gamma_star * members.gamma_star_factor[k]
        photon = next(iter(here.emission(own * members.gamma_factor[k], star).values()))
        found["indistinguishability"][k] = nominal(photon.indistinguishability)
        found["efficiency"][k] = nominal(photon.efficiency)
    return found


@dataclass(frozen=True)
class Judgement:
    """What an ensemble says of a design.

    Parameters
    ----------
    value : float
        The statistic of the objective.
    spread : float
        Its standard error from the number of dots (not from the simulations).
    climbed : float
        What an optimiser climbs on: `value`, for a yield with a small slope towards it.
    mean : dict of float
        Mean of each figure.
    good : float or None
        For a yield: the share above all thresholds, of dots, or of sites where a template says how
        many hold one dot.
    """

    value: float
    spread: float
    climbed: float
    mean: dict[str, float]
    good: float | None = None


def judge(
    ensemble: Ensemble,
    exponents: Mapping[str, float],
    figures: Sequence[Mapping[str, NDArray[np.float64]]],
) -> Judgement:
    """The statistic over all members of all corners.

    Parameters
    ----------
    ensemble : Ensemble
    exponents : mapping
        The objective: figures to powers.
    figures : sequence of mappings
        `figures_of_members` of each corner; all corners count the same.
    """
    merged = {name: np.concatenate([f[name] for f in figures]) for name in FIGURES}
    objective = np.ones(merged["purcell"].size)
    for name, power in exponents.items():
        objective = objective * np.maximum(merged[name], 0.0) ** power
    mean = {name: float(values.mean()) for name, values in merged.items()}
    count = objective.size
    if ensemble.statistic == "yield":
        ratios = np.array([merged[n] / least for n, least in ensemble.thresholds.items()])
        single = 1.0 if ensemble.template is None else ensemble.template.single
        share = float((ratios >= 1).all(axis=0).mean())
        spread = float(np.sqrt(share * (1 - share) / count)) * single
        share *= single
        nearness = float(np.minimum(ratios, 1.0).prod(axis=0).mean())
        return Judgement(share, spread, share + GUIDE * nearness, mean, share)
    if ensemble.statistic == "worst":
        value, spread = float(objective.min()), 0.0
    elif ensemble.statistic == "quantile":
        value = float(np.quantile(objective, ensemble.quantile))
        # Order statistics one standard deviation of the rank away.
        rank = np.sqrt(ensemble.quantile * (1 - ensemble.quantile) / count)
        ends = np.clip([ensemble.quantile - rank, ensemble.quantile + rank], 0, 1)
        low, high = np.quantile(objective, ends)
        spread = float(high - low) / 2
    else:
        value, spread = float(objective.mean()), float(objective.std() / np.sqrt(count))
    return Judgement(value, spread, value, mean)
