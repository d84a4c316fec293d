"""What a decaying field will still do, from what it has done: harmonic inversion of a ring-down.

A cavity of quality Q rings for Q/π periods; waiting for that is what makes FDTD of cavities slow.
After the source has ended the field at the dipole is a sum of decaying exponentials. A matrix
pencil finds them from a short stretch; their Fourier integral from now to infinity is then known
in closed form.
"""

from dataclasses import dataclass

import numpy as np

SAMPLES_PER_PERIOD = 8
_FILTER_PERIODS = 4
_LONGEST_STRETCH = 240
_NOISE = 1e-4
"""Singular values below this share of the largest are noise."""


@dataclass(frozen=True)
class Decays:
    """Field = Σ amplitude · exp(−2πi f (t − start)) for t ≥ start, with complex f.

    Attributes
    ----------
    frequency : (k,) complex array
        Re f in 1/µm, Im f < 0 in 1/µm; Q = −Re f / (2 Im f).
    amplitude : (k,) complex array
        At `start`.
    start : float
        Time in µm/c.
    """

    frequency: np.ndarray
    amplitude: np.ndarray
    start: float

    def transform(self, frequencies: np.ndarray, first: float, last: float | None) -> np.ndarray:
        """∫ field · exp(2πi f t) dt from `first` to `last` (None: infinity) at real frequencies."""
        delta = 2j * np.pi * (frequencies[:, None] - self.frequency[None, :])
        phase = 2j * np.pi * self.frequency * self.start
        upper = np.exp(delta * last + phase) if last is not None else 0.0
        return ((upper - np.exp(delta * first + phase)) / delta) @ self.amplitude

    @property
    def table(self) -> np.ndarray:
        """Rows: complex frequency and amplitude."""
        return np.stack([self.frequency, self.amplitude])

    @property
    def quality(self) -> np.ndarray:
        """Quality factor of each, Re f / (2 |Im f|)."""
        return self.frequency.real / (-2 * self.frequency.imag)


def fit(times: np.ndarray, field: np.ndarray, centre: float) -> Decays | None:
    """The decaying exponentials in a source-free stretch of `field`.

    Parameters
    ----------
    times : (n,) array
        Uniform, about `SAMPLES_PER_PERIOD` of them a period of `centre`.
    field : (n,) array
        Real or complex.
    centre : float
        Frequency about which the field's spectrum lies (1/µm).

    Returns
    -------
    Decays or None
        None where the stretch is too short or the field has died out.

    Notes
    -----
    Matrix pencil (Hua & Sarkar, IEEE Trans. ASSP 38, 814 (1990)) on the field shifted to zero
    frequency, smoothed by a Hann window over four periods and thinned to one sample a period. The
    window's response is divided out of the amplitudes. Poles that would grow are left out.
    """
    length = _FILTER_PERIODS * SAMPLES_PER_PERIOD
    if len(times) < length + 16 * SAMPLES_PER_PERIOD or not np.abs(field).max() > 0:
        return None
    step = times[1] - times[0]
    window = np.hanning(length + 1)
    window /= window.sum()
    shifted = field * np.exp(2j * np.pi * centre * times)
    smooth = np.convolve(shifted, window, mode="valid")[::-1][::SAMPLES_PER_PERIOD][::-1]
    last = times[-1] - length * step / 2
    smooth = smooth[-min(_LONGEST_STRETCH, max(16, 2 * len(smooth) // 3)) :]
    count, spacing = len(smooth), step * SAMPLES_PER_PERIOD
    start = last - (count - 1) * spacing

    pencil = count // 3
    hankel = np.lib.stride_tricks.sliding_window_view(smooth, pencil + 1)
    _, strengths, vectors = np.linalg.svd(hankel, full_matrices=False)
    rank = max(1, int((strengths > _NOISE * strengths[0]).sum()))
    right = vectors[:rank].T  # columns span the signal space
    poles = np.linalg.eigvals(np.linalg.pinv(right[:-1]) @ right[1:])
    poles = poles[(np.abs(poles) < 1) & (np.abs(poles) > 1e-3)]
    if len(poles) == 0:
        return None
    powers = poles[None, :] ** np.arange(count)[:, None]
    amplitude = np.linalg.lstsq(powers, smooth, rcond=None)[0]
    offset = 1j * np.log(poles) / (2 * np.pi * spacing)
    taps = (np.arange(length + 1) - length / 2) * step
    response = np.exp(-2j * np.pi * offset[:, None] * taps) @ window
    frequency = centre + offset
    # Undo the shift to zero frequency at the start of the stretch.
    amplitude = amplitude / response * np.exp(-2j * np.pi * centre * start)
    return Decays(frequency, amplitude, float(start))


def tail(
    decays: Decays,
    frequencies: np.ndarray,
    increment: np.ndarray,
    interval: tuple[float, float],
) -> tuple[np.ndarray, float]:
    """What is still to come in a running Fourier integral.

    The integral's own scale is found by comparing what the exponentials say about the last
    `interval` with the `increment` that it brought, which also tells how good they are.

    Parameters
    ----------
    decays : Decays
    frequencies : (n,) array
        Real frequencies in 1/µm.
    increment : (n,) complex array
        What the interval added to the running integral.
    interval : (float, float)
        Its begin and end.

    Returns
    -------
    rest : (n,) complex array
        What all later times will add.
    misfit : float
        Relative distance between the increment and the exponentials' one.
    """
    predicted = decays.transform(frequencies, *interval)
    scale = np.vdot(predicted, increment) / np.vdot(predicted, predicted).real
    misfit = float(np.linalg.norm(increment - scale * predicted) / np.linalg.norm(increment))
    return scale * decays.transform(frequencies, interval[1], None), misfit
