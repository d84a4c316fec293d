"""Fourier transforms of fields, completed by the modes that still ring.

When the dipole's own spectrum stands, the fields of a narrow line on the monitors have hardly
begun to build up: of a mode of quality Q a share exp(−π f t/Q) is still to come. But all of them
ring with the same complex frequencies. In the next stretch the increment of each transform is
Σ_k a_k T_k, T_k the transform of exp(−2πi f_k t) over a part of the stretch, a_k unknown and of the
place; what is still to come is the same with T_k from then to infinity. The weights of the
increments that give it whatever the a_k are do not depend on the place, so that whole monitors
are completed by adding up snapshots of them. Of all such weights those are taken that have the
least norm under a window, which rises and falls over the stretch: what rings elsewhere and is no
mode of the fit, such as slow light at the edges of a band, is averaged down by it as side lobes of
a window are, ten to a hundred times more than by equal weights.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import meep as mp
import numpy as np

from cqdphotonics.fdtd import ringdown

if TYPE_CHECKING:
    from cqdphotonics.fdtd.solver.run import Run

_LEAST_PARTS, _BEAT = 24, 0.4
"""Parts of a stretch at least, and the longest part in beats of any mode with the spectrum: where
parts held whole beats, their increments would vanish and weights grow beyond bounds."""

_SHORTEST = 8
"""Intervals of the stop's in a stretch at least."""

_SHARE = 0.005
"""Of the strongest mode's ring-down in a stretch at least."""


def complete(
    run: "Run", decays: ringdown.Decays, chosen: list[int], tell: Callable[[float], None]
) -> np.ndarray:
    """Go on with `run` for a stretch and complete all of its monitors by the modes `chosen`.

    The stretch is as long as the run since its source, and at least `_SHARE` of the time in which
    the strongest mode's amplitude falls to 1/e, if the stop's longest time allows. A real field
    has each mode's conjugate, too, which is as far away as light of twice the frequency: it is
    left to the window.

    `tell` is told the share that is done.

    Returns
    -------
    (n,) complex array
        Fourier integral of the field at the dipole, completed in the same way: what `ringdown.tail`
        says of it in another tells how good the completion is.
    """
    start = float(run.sim.meep_time())
    stop = run.job.stop
    ringing = 1 / (2 * np.pi * abs(decays.frequency[chosen[0]].imag))
    left = stop.longest - (start - run.source_end)
    stretch = max(start - run.source_end, _SHORTEST * stop.interval, min(_SHARE * ringing, left))
    step = run.job.courant / run.job.resolution
    poles = decays.frequency[chosen]
    span = np.abs(run.frequencies[:, None] - poles.real[None, :]).max()
    count = max(_LEAST_PARTS, int(np.ceil(stretch * span / _BEAT)))
    # Whole samples of the monitors in each part, or E and H would be completed differently.
    steps = run.decimation * max(1, round(stretch / (count * step * run.decimation)))
    edges = start + step * steps * np.arange(count + 1)

    chunks = _chunks(run)
    known = {f: _weights(poles, np.array(f), edges) for f in {f for f, _ in chunks}}
    own = _weights(poles, run.frequencies, edges)

    def snapshots() -> list[np.ndarray]:
        return [run.sim.get_dft_data(chunk) for _, chunk in chunks]

    earlier, field = snapshots(), run.integrals()[0]
    rest = [np.zeros_like(values) for values in earlier]
    own_rest = np.zeros_like(field)
    for number in range(count):
        # Half a step less: Meep compares times in single precision, and would now and then take
        # one step more than asked for.
        run.sim.run(run.watcher, until=(steps - 0.5) * step)
        now, field_now = snapshots(), run.integrals()[0]
        for (frequencies, _), total, before, values in zip(
            chunks, rest, earlier, now, strict=True
        ):  # Meep keeps the frequencies of each point together
            gained = (values - before).reshape(-1, len(frequencies))
            total += (gained * known[frequencies][number]).reshape(-1)
        own_rest += (field_now - field) * own[number]
        earlier, field = now, field_now
        if number % 16 == 0:
            tell(number / count)
    for (_, chunk), values, more in zip(chunks, earlier, rest, strict=True):
        mp._load_dft_data(chunk, values + more)
    return field + own_rest


def _chunks(run: "Run") -> list[tuple[tuple[float, ...], Any]]:
    """Every list of chunks of every monitor, with its frequencies."""
    out: list[tuple[tuple[float, ...], Any]] = []
    for monitor in run.sim.dft_objects:
        if isinstance(monitor, mp.DftFlux):
            out += [(tuple(monitor.args[0]), part) for part in (monitor.E, monitor.H)]
        else:
            out.append((tuple(monitor.args[4]), monitor.chunks))
    return out


def _weights(poles: np.ndarray, frequencies: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Weight (part, frequency) of each part's increment in what is still to come."""
    delta = 2j * np.pi * (frequencies[:, None] - poles[None, :])
    # Divided by the amplitude at the first edge, which keeps all numbers moderate.
    grown = np.exp(delta[:, None, :] * (edges - edges[0])[None, :, None])
    parts = np.diff(grown, axis=1)  # (frequency, part, pole)
    still = -grown[:, -1, :]  # (frequency, pole); the common factor 1/δ cancels
    middle = (edges[1:] + edges[:-1]) / 2 - edges[0]
    window = np.sin(np.pi * middle / (edges[-1] - edges[0]))
    return np.stack(
        [
            window * (np.linalg.pinv(part.T * window, rcond=1e-6) @ rest)
            for part, rest in zip(parts, still, strict=True)
        ],
        axis=1,
    )
