"""Light that leaves, from the fields on a closed surface, in a medium of plane layers.

Outside of the surface the device is only its films. The fields there are those of currents on the
surface, and by reciprocity the amplitude into a direction is their overlap with the plane wave that
comes from there, with all that the films do to it:

    A = ∮ n·(E × H′ − E′ × H) dA

with E′, H′ the films' answer to a wave of unit field. Power per steradian is n (ω/4π)² |A|². The
surface may be small and close: nothing is cut off, as it is by a plane that has to end, and what
films guide sideways does not count (Demarest et al., IEEE Trans. Antennas Propag. 44, 1150 (1996)).

Units c = ε₀ = µ₀ = 1, fields ∝ exp(−iωt), heights in µm from the emitter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Layers:
    """Plane layers: `heights` of interfaces, rising, and the permittivities below, between, above.

    There is one more permittivity than there are heights; they may be complex.
    """

    heights: tuple[float, ...]
    epsilon: tuple[complex, ...]

    def at(self, z: np.ndarray) -> np.ndarray:
        """Permittivity at heights z."""
        return np.array(self.epsilon)[np.searchsorted(self.heights, z)]

    @property
    def mirrored(self) -> "Layers":
        """The same upside down."""
        return Layers(tuple(-h for h in self.heights[::-1]), self.epsilon[::-1])


@dataclass(frozen=True)
class ProbeWaves:
    """The answer of layers to plane waves from direction cosines `u` in the outer medium.

    Fields over (u, z) in the frame (ρ, φ, z) of the direction, but for exp(−iq·r). "s" holds
    E_φ, H_ρ, H_z, and "p" holds H_φ, E_ρ, E_z.
    """

    s: tuple[np.ndarray, np.ndarray, np.ndarray]
    p: tuple[np.ndarray, np.ndarray, np.ndarray]


def probe_waves(
    layers: Layers, omega: float, index: float, u: np.ndarray, z: np.ndarray, up: bool
) -> ProbeWaves:
    """Waves of unit field from above (`up`, the direction that light leaves to) or below.

    Parameters
    ----------
    layers : Layers
    omega : float
        2π/λ in 1/µm.
    index : float
        Of the half-space that the light leaves into.
    u : (n,) array
        sin θ there, below 1.
    z : (k,) array
        Heights.
    """
    q = omega * index * u[:, None]
    side = 1.0 if up else -1.0
    stack = layers if up else layers.mirrored
    fields = {}
    for kind in ("s", "p"):
        f, slope = _answer(stack, omega, q[:, 0], side * z, kind)
        fields[kind] = (f, side * slope)
    f, slope = fields["s"]
    s = (f, 1j * slope / omega, -q * f / omega)
    # Magnetic field of unit electric field along (|cos θ|, 0, ∓sin θ).
    h, slope = (-side * index * part for part in fields["p"])
    p = (h, -1j * slope / omega, q * h / (omega * layers.at(z)[None, :]))
    return ProbeWaves(s, p)


def _answer(
    layers: Layers, omega: float, q: np.ndarray, z: np.ndarray, kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """E_φ (s) or H_φ (p) and its continuous slope (over ε for p), for unit incidence from above."""
    heights = layers.heights or (0.0,)
    epsilon = layers.epsilon if layers.heights else layers.epsilon * 2
    kz = [_vertical(e, omega, q) for e in epsilon]
    weight = [1.0 if kind == "s" else e for e in epsilon]
    f_out = np.empty((len(q), len(z)), dtype=complex)
    d_out = np.empty_like(f_out)

    def move(
        f: np.ndarray, d: np.ndarray, layer: int, by: float | np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The two at heights `by` (k,) above; arrays (n, k)."""
        k, w = kz[layer], weight[layer]
        turn = np.exp(1j * np.outer(k, by))
        back = 1 / turn
        cosine, sine = (turn + back) / 2, (turn - back) / 2j
        first, second = (d * w / k)[:, None], (f * k / w)[:, None]
        return f[:, None] * cosine + first * sine, d[:, None] * cosine - second * sine

    # Below the lowest interface there is only the wave that goes down.
    f, d = np.ones(len(q), dtype=complex), -1j * kz[0] / weight[0]
    place = np.searchsorted(heights, z)
    lowest = place == 0
    down = np.exp(-1j * np.outer(kz[0], z[lowest] - heights[0]))
    f_out[:, lowest], d_out[:, lowest] = f[:, None] * down, d[:, None] * down
    for layer in range(1, len(epsilon)):
        here = place == layer
        f_out[:, here], d_out[:, here] = move(f, d, layer, z[here] - heights[layer - 1])
        if layer < len(heights):
            f, d = (part[:, 0] for part in move(f, d, layer, heights[layer] - heights[layer - 1]))
    incident = (f + 1j * weight[-1] * d / kz[-1]) / 2 * np.exp(1j * kz[-1] * heights[-1])
    return f_out / incident[:, None], d_out / incident[:, None]


def _vertical(epsilon: complex, omega: float, q: np.ndarray) -> np.ndarray:
    root = np.sqrt(epsilon * omega**2 - q.astype(complex) ** 2)
    root = np.where(root.imag < 0, -root, root)
    return np.where(np.abs(root) < 1e-9 * omega, 1e-9 * omega, root)


@dataclass(frozen=True)
class Face:
    """Fields on one face of a box: E and H (three each) over its two axes, rising.

    `normal` is the axis "x", "y" or "z", `sign` that of the outward direction, `place` where the
    face is along it. Arrays may reach half a pixel beyond the face, `low` to `high`, at each end.
    """

    normal: str
    sign: int
    place: float
    axes: tuple[np.ndarray, np.ndarray]
    low: tuple[float, float]
    high: tuple[float, float]
    electric: dict[str, np.ndarray]
    magnetic: dict[str, np.ndarray]
    pixel: float = 0.0
    """Of Yee's grid that the values come from, by means of neighbours; 0 where they are exact."""

    def kept(self, field: str, component: str, wave: dict[str, np.ndarray]) -> np.ndarray:
        """What the means leave of a plane wave with wave vector `wave`.

        Values are at the centres of voxels along the face and on the grid across it; E lies half a
        pixel off the grid along its own axis, H along the two others.
        """
        out = np.ones_like(wave["x"])
        for axis in "xyz":
            off = (axis == component) == (field == "E")
            if off == (axis == self.normal):
                out = out * np.cos(wave[axis] * self.pixel / 2)
        return out

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the integral of a linear interpolant from `low` to `high` along each axis."""
        ends = zip(self.axes, self.low, self.high, strict=True)
        first, second = (linear_weights(axis, low, high) for axis, low, high in ends)
        return first, second


def linear_weights(axis: np.ndarray, low: float, high: float) -> np.ndarray:
    """Weights with which values at `axis` give the integral from `low` to `high`."""
    out = np.zeros(len(axis))
    for k in range(len(axis) - 1):
        a, b = axis[k], axis[k + 1]
        left, right = max(a, low), min(b, high)
        if right > left:
            middle = (left + right) / 2
            share = (middle - a) / (b - a)
            out[k] += (right - left) * (1 - share)
            out[k + 1] += (right - left) * share
    return out


def from_box(
    faces: Sequence[Face],
    layers: Layers,
    frequency: float,
    index: float,
    ux: np.ndarray,
    uy: np.ndarray,
    up: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes p and s over direction cosines (inside the horizon), from the faces of a box.

    Parameters
    ----------
    faces : sequence of Face
    layers : Layers
    frequency, index
        1/λ in 1/µm and the index of the half-space.
    ux, uy : (n,) arrays
        Directions, one by one.
    up : bool
        Into the upper half-space.

    Returns
    -------
    p, s : (n,) complex arrays
        |p|² + |s|² is power per steradian, in the fields' units squared.
    """
    omega = 2 * np.pi * frequency
    u = np.hypot(ux, uy)
    c = np.where(u > 0, ux / np.where(u > 0, u, 1), 1.0)
    s = np.where(u > 0, uy / np.where(u > 0, u, 1), 0.0)
    total = {"p": np.zeros(len(u), complex), "s": np.zeros(len(u), complex)}
    q = {"x": omega * index * ux, "y": omega * index * uy}
    wave = {**q, "z": omega * index * np.sqrt(np.maximum(1 - u**2, 0))}
    for face in faces:
        first, second = face.weights()
        names = [name for name in "xyz" if name != face.normal]
        z = face.axes[1] if "z" in names else np.array([face.place])
        waves = probe_waves(layers, omega, index, np.minimum(u, 1 - 1e-9), z, up)
        kernel = np.exp(-1j * np.outer(q[names[0]], face.axes[0])) * first
        if "z" in names:
            turn = np.exp(-1j * q[face.normal] * face.place)[:, None] * second
            got = {
                kind + name: (kernel @ values) * turn
                for kind, part in (("E", face.electric), ("H", face.magnetic))
                for name, values in part.items()
            }
        else:
            other = np.exp(-1j * np.outer(q[names[1]], face.axes[1])) * second
            got = {
                kind + name: np.einsum("nj,nj->n", kernel @ values, other)[:, None]
                for kind, part in (("E", face.electric), ("H", face.magnetic))
                for name, values in part.items()
            }
        got = {
            name: values / face.kept(name[0], name[1], wave)[:, None]
            for name, values in got.items()
        }
        for polarisation in ("p", "s"):
            test = _in_plane(waves, polarisation, c[:, None], s[:, None])
            a, b = {"x": ("y", "z"), "y": ("z", "x"), "z": ("x", "y")}[face.normal]
            overlap = got["E" + a] * test["H" + b] - got["E" + b] * test["H" + a]
            overlap -= test["E" + a] * got["H" + b] - test["E" + b] * got["H" + a]
            total[polarisation] += face.sign * overlap.sum(axis=1)
    scale = np.sqrt(index) * omega / (4 * np.pi)
    return scale * total["p"], scale * total["s"]


def _in_plane(
    waves: ProbeWaves, polarisation: str, c: np.ndarray, s: np.ndarray
) -> dict[str, np.ndarray]:
    """Cartesian components of a test wave whose direction has azimuth (cos, sin) = (c, s)."""
    if polarisation == "s":
        e, h_rho, h_z = waves.s
        return {"Ex": -s * e, "Ey": c * e, "Ez": 0 * e, "Hx": c * h_rho, "Hy": s * h_rho, "Hz": h_z}
    h, e_rho, e_z = waves.p
    return {"Ex": c * e_rho, "Ey": s * e_rho, "Ez": e_z, "Hx": -s * h, "Hy": c * h, "Hz": 0 * h}


def bessel(order: int, x: np.ndarray) -> np.ndarray:
    """J of integer order at x ≥ 0, to rounding of its largest value (1).

    Orders up to 2, which are all that dipoles on the axis need, come from the routines for 0 and 1:
    twenty times faster than the one for any order.
    """
    from scipy.special import j0, j1, jv

    if order < 0:
        return (-1) ** order * bessel(-order, x)
    if order > 2:
        return np.asarray(jv(order, x))
    first = j0(x) if order != 1 else j1(x)
    if order < 2:
        return np.asarray(first)
    ratio = np.divide(2 * j1(x), x, out=np.ones_like(x), where=x > 0)
    return np.asarray(ratio - first)


def from_drum(
    lids: Sequence[tuple[float, int, np.ndarray]],
    wall: tuple[float, np.ndarray, np.ndarray],
    radius: np.ndarray,
    m: int,
    layers: Layers,
    frequency: float,
    index: float,
    u: np.ndarray,
    up: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """As `from_box`, from fields ∝ exp(imφ) on a drum; amplitudes at azimuth 0.

    Parameters
    ----------
    lids : sequence of (height, sign of the outward direction, fields)
        Fields E_r, E_φ, H_r, H_φ over `radius` at φ = 0.
    wall : (radius, heights with weights (2, k), fields)
        Fields E_φ, E_z, H_φ, H_z over the heights.
    radius : (n,) array
        Of the lids' points, µm; they end at the wall.
    """
    omega = 2 * np.pi * frequency
    q = omega * index * u
    phase = (-1j) ** (m - 1) * np.pi
    # ∫ exp(imφ − iqr cos φ) (cos φ, sin φ) dφ = phase · (cosine, −i sine), with real kernels.

    def rings(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`cosine` and `sine` over (u, r)."""
        x = np.outer(q, at)
        more, less = bessel(m + 1, x), bessel(m - 1, x)
        return less - more, -(less + more)

    total = {"p": np.zeros(len(u), complex), "s": np.zeros(len(u), complex)}
    measure = radius * linear_weights(radius, 0.0, wall[0])
    # The first point's cell reaches to the axis, where the measure vanishes.
    measure[0] += radius[0] ** 2 / 2
    kernels = rings(radius)
    for height, sign, fields in lids:
        weighted = (np.asarray(fields, dtype=complex) * (sign * phase * measure)).T
        # E_r, E_φ, H_r, H_φ over u, times cos φ and times sin φ.
        (er_c, ef_c, hr_c, hf_c), (er_s, ef_s, hr_s, hf_s) = (
            (kernel @ weighted.real + 1j * (kernel @ weighted.imag)).T for kernel in kernels
        )
        er_s, ef_s, hr_s, hf_s = (-1j * part for part in (er_s, ef_s, hr_s, hf_s))
        waves = probe_waves(layers, omega, index, u, np.array([height]), up)
        e_phi, h_rho = (part[:, 0] for part in waves.s[:2])
        # In the plane: φ̂′ = (sin φ, cos φ), ρ̂′ = (cos φ, −sin φ) along (r, φ).
        total["s"] += (-er_s - ef_c) * h_rho - e_phi * (hf_s - hr_c)
        h_phi, e_rho = (part[:, 0] for part in waves.p[:2])
        total["p"] += (er_c - ef_s) * h_phi - e_rho * (hf_c + hr_s)
    place, (z, weight), (e_f, e_z, h_f, h_z) = wall
    at_wall = np.array([place])
    plain = 2 * np.pi * (-1j) ** m * bessel(m, np.outer(q, at_wall))
    cosine, sine = (part * phase for part in rings(at_wall))
    sine = -1j * sine
    waves = probe_waves(layers, omega, index, u, z, up)
    e_phi, h_rho, t_z = waves.s
    overlap = e_f * t_z * plain + e_z * h_rho * sine - (e_phi * cosine * h_z)
    total["s"] += place * (overlap @ weight)
    h_phi, e_rho, t_z = waves.p
    overlap = -e_z * h_phi * cosine - (-e_rho * sine * h_z - t_z * h_f * plain)
    total["p"] += place * (overlap @ weight)
    scale = np.sqrt(index) * omega / (4 * np.pi)
    return scale * total["p"], scale * total["s"]
