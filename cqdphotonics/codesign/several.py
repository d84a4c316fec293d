"""A device for several emitters: what is said of each, put together to one answer.

Each emitter is judged as if the study were its own; the simulations of two on one wavelength are
the same and are made once. Then the worst or the mean counts. Lengths are scaled so that the
resonance comes to the middle of their lines.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cqdphotonics.codesign.evaluation import Outcome, outcome_of
from cqdphotonics.display import nominal

if TYPE_CHECKING:
    from uncertainties import UFloat

    from cqdphotonics.codesign.study import Study

Over = Literal["worst", "mean"]


def statistic(over: Over, values: Sequence[Any]) -> Any:
    """The worst or the mean of numbers, with an uncertainty or without."""
    return min(values, key=nominal) if over == "worst" else sum(values) / len(values)


def merged(over: Over, figures: Sequence[Mapping[str, "UFloat"]]) -> dict[str, "UFloat"]:
    """Figures of all emitters as one: each by itself, of those that all emitters have."""
    names = [name for name in figures[0] if all(name in each for each in figures)]
    return {name: statistic(over, [each[name] for each in figures]) for name in names}


def middle(factors: Sequence[float | None]) -> float | None:
    """Factor on all lengths that brings a resonance to the middle of several lines."""
    known = [factor for factor in factors if factor is not None]
    return exp(sum(map(log, known)) / len(known)) if len(known) == len(factors) else None


def together(over: Over, names: Sequence[str], outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of those of all emitters; failed if one of them failed.

    Parameters
    ----------
    over : {"worst", "mean"}
    names : sequence of str
        Of the emitters, for the reason of a failure and the details.
    outcomes : sequence of Outcome
    """
    seconds = sum(outcome.seconds for outcome in outcomes)
    for name, outcome in zip(names, outcomes, strict=True):
        if outcome.value is None:
            return Outcome(None, reason=f"{name}: {outcome.reason}", seconds=seconds)
    values = [outcome.value or 0.0 for outcome in outcomes]
    value = statistic(over, values)
    promises = [o.promise if o.promise > 0 else v for o, v in zip(outcomes, values, strict=True)]
    worst = outcomes[values.index(min(values))]
    held = {key: min(o.held[key] for o in outcomes) for key in outcomes[0].held}
    slopes: dict[str, dict[str, float]] = {}
    if worst.slopes:
        shares = [v / sum(values) for v in values]
        slopes["value"] = (
            dict(worst.slopes["value"])
            if over == "worst"
            else {
                parameter: sum(
                    share * o.slopes["value"][parameter]
                    for share, o in zip(shares, outcomes, strict=True)
                )
                for parameter in worst.slopes["value"]
            }
        )
        for key in held:
            lowest = min(outcomes, key=lambda o, key=key: o.held[key])  # type: ignore[misc]
            slopes[key] = lowest.slopes[key]
    figures = [outcome.details.get("figures", {}) for outcome in outcomes]
    shown = [name for name in figures[0] if all(name in each for each in figures)]
    # Of two emitters in one simulation it is counted once.
    details = {
        "figures": {
            name: _one(over, [tuple(each[name]) for each in figures]) for name in shown
        },
        "each": dict(zip(names, figures, strict=True)),
        "job_hashes": list(
            dict.fromkeys(h for o in outcomes for h in o.details.get("job_hashes", ()))
        ),
    }  # fmt: skip
    return outcome_of(
        value,
        rescaling=middle([outcome.rescaling for outcome in outcomes]),
        promise=statistic(over, promises),
        gain=statistic(over, promises) / value,
        seconds=seconds,
        held=held,
        slopes=slopes,
        details=details,
    )


def _one(over: Over, pairs: Sequence[tuple[float, ...]]) -> list[float]:
    """Value and uncertainty of a figure of all emitters."""
    values = [pair[0] for pair in pairs]
    if over == "worst":
        return list(pairs[values.index(min(values))])
    # Their uncertainties are of one simulation: they go up and down together.
    return [sum(column) / len(pairs) for column in zip(*pairs, strict=True)]


class Evaluates(Protocol):
    """What says something of one design for one emitter."""

    def __call__(self, values: dict[str, float], /) -> Outcome:
        """Evaluate one design."""
        ...


@dataclass(frozen=True)
class Several:
    """An evaluator for all emitters of a study, made of one for each."""

    study: "Study"
    each: tuple[Evaluates, ...]

    def __call__(self, values: dict[str, float]) -> Outcome:
        """Evaluate one design."""
        outcomes = [evaluate(values) for evaluate in self.each]
        return together(self.study.over_emitters, self.study.emitter_names, outcomes)


def for_each(study: "Study", make: Callable[["Study"], Any]) -> Any:
    """What `make` gives for the study's emitter; `Several` of it where there are more."""
    if len(study.emitter) == 1:
        return make(study)
    return Several(study, tuple(make(single) for single in study.singles))
