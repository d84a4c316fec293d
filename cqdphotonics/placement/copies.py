"""How many copies to write: the binomial distribution and its inversion."""

from scipy.stats import beta, binom

from cqdphotonics.errors import RangeError

MOST = 10**9


def chance_of(good: int, sites: int, share: float) -> float:
    """Probability of at least `good` good devices among `sites`, each good with `share`.

    Raises
    ------
    RangeError
        Numbers below 0, a share outside 0 to 1.
    """
    _check(good, share)
    if sites < 0:
        raise RangeError(f"sites = {sites} is negative.")
    return float(binom.sf(good - 1, sites, share)) if good > 0 else 1.0


def copies_for(good: int, share: float, certainty: float = 0.95) -> int:
    """The least number of copies among which there are enough good ones, with a certainty.

    Exact: the binomial tail grows with every copy, and the least number is found by halving.

    Parameters
    ----------
    good : int
        How many good ones are wanted (k).
    share : float
        Probability that one is good.
    certainty : float
        Wanted probability of k or more good ones, above 0 and below 1.

    Raises
    ------
    RangeError
        No number will do: a share of 0, a certainty of 1; or it is beyond 10⁹.
    """
    _check(good, share)
    if not 0 < certainty < 1:
        raise RangeError(
            f"certainty = {certainty:g} must be above 0 and below 1; nothing random is certain."
        )
    if good == 0:
        return 0
    if share == 0:
        raise RangeError("no device is good (share = 0): no number of copies is enough.")
    low, high = good - 1, good  # `low` is not enough
    while chance_of(good, high, share) < certainty:
        low, high = high, 2 * high
        if high > MOST:
            raise RangeError(f"with a share of {share:g} more than {MOST} copies are needed.")
    while high - low > 1:
        middle = (low + high) // 2
        if chance_of(good, middle, share) < certainty:
            low = middle
        else:
            high = middle
    return high


def share_interval(hits: int, trials: int, confidence: float = 0.68) -> tuple[float, float]:
    """Interval of a share that was counted (Clopper and Pearson, 1934): never too narrow."""
    if not 0 <= hits <= trials or trials == 0:
        raise RangeError(f"{hits} hits of {trials} trials is no share.")
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


def _check(good: int, share: float) -> None:
    if good < 0 or good != int(good):
        raise RangeError(f"the number of good devices, {good}, must be a whole number ≥ 0.")
    if not 0 <= share <= 1:
        raise RangeError(f"share = {share:g} must be between 0 and 1.")
