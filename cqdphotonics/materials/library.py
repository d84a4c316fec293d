"""The library of materials: YAML files with their sources, and the user's own.

A file has the layout of the refractiveindex.info database (whose own files can be read as well),
with a name, a kind and a source in front. Tables are interpolated in photon energy by monotone
cubics, n and k apart, so that nothing overshoots between the measured points.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from cqdphotonics.errors import FileFormatError, RangeError, UnknownNameError
from cqdphotonics.located_yaml import parse, read_text
from cqdphotonics.materials.dispersion import (
    Constant,
    Dispersion,
    Formula,
    Shifted,
    Sum,
    Table,
)
from cqdphotonics.materials.material import Material

_FILE_ENDINGS = (".yaml", ".yml")
_SHIFTED = re.compile(r"(?P<base>.+?)\s+(?P<shift>[+-]\d+(\.\d*)?(e[+-]?\d+)?)")
_OWN = (
    "Your own: a constant such as 'n=1.9' or 'n=1.9+0.01j', or the path of a YAML file "
    "(refractiveindex.info's format) that ends in .yaml or .yml."
)


@cache
def _shipped() -> dict[str, Path]:
    folder = Path(str(resources.files("cqdphotonics.materials"))) / "data"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"), key=lambda p: p.stem.lower())}


def names() -> list[str]:
    """Names of the materials in the library."""
    return list(_shipped())


def load(name: str | Path) -> Material:
    """Load a material by its name, as a constant, or from the user's own file.

    Parameters
    ----------
    name : str or Path
        A name from `names`; a constant index ``"n=1.9"`` or ``"n=1.9+0.01j"`` (n + ik, k > 0
        absorbs); or the path of a YAML file that ends in ``.yaml`` or ``.yml``. Each may be
        followed by what is added to its index, ``"Si3N4 +0.01"``: see `with_index`.

    Raises
    ------
    UnknownNameError
        No such name.
    FileFormatError
        The file can't be read or does not hold a material.
    RangeError
        The constant is not a passive index (n > 0, k ≥ 0).
    """
    text = str(name).strip()
    if shifted := _SHIFTED.fullmatch(text):
        return _shifted(load(shifted["base"]), float(shifted["shift"]), text)
    if text.startswith("n="):
        return _constant(text)
    if text.endswith(_FILE_ENDINGS):
        # Not cached: the user may edit the file and load it again.
        return _read(Path(text))
    if text not in _shipped():
        raise UnknownNameError("material", text, names(), _OWN)
    return _load_shipped(text)


def with_index(name: str, shift: float) -> str:
    """Name of material `name` with `shift` added to its refractive index.

    Raises
    ------
    RangeError
        The material is a metal, whose index says little by itself.
    """
    if shift == 0:
        return name
    if load(name).is_metal:
        raise RangeError(f"{name} is a metal: an error of its real index alone makes no sense.")
    return f"{name} {shift:+.6g}"


def _shifted(base: Material, shift: float, name: str) -> Material:
    return replace(
        base,
        name=name,
        description=f"{base.description}, index changed by {shift:+g}",
        dispersion=Shifted(base.dispersion, shift),
    )


@cache
def _load_shipped(name: str) -> Material:
    return _read(_shipped()[name])


def _constant(text: str) -> Material:
    try:
        value = complex(text[2:].replace(" ", "").replace("i", "j"))
    except ValueError:
        raise FileFormatError(
            f"material '{text}': after 'n=' comes a number, such as n=1.9 or n=1.9+0.01j."
        ) from None
    if not (value.real > 0 and value.imag >= 0 and np.isfinite(value)):
        raise RangeError(
            f"material '{text}': a constant index needs n > 0 and k ≥ 0 (gain is not supported); "
            "a metal is a table or a library name, not a constant."
        )
    return Material(
        name=text,
        description="constant index, given by the user",
        source="given by the user",
        is_metal=bool((value**2).real < 0),
        dispersion=Constant(value, (0.0, float("inf"))),
    )


def _read(path: Path) -> Material:
    content, _ = parse(read_text(path, "material file"), f"material file {path}")
    if not isinstance(content, dict) or not isinstance(content.get("DATA"), list):
        raise FileFormatError(
            f"material file {path}: needs a list DATA with a table or a formula, as in "
            "refractiveindex.info's files ('full database record')."
        )
    try:
        return _material(content, path.stem)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FileFormatError(
            f"material file {path}: {error}. Expected under DATA: 'type: tabulated nk' with rows "
            "'wavelength_in_µm n k', or 'type: formula N' with wavelength_range and coefficients."
        ) from None


def _material(content: Mapping[str, Any], stem: str) -> Material:
    parts = [_dispersion(entry) for entry in content["DATA"]]
    dispersion = parts[0] if len(parts) == 1 else Sum(tuple(parts))
    kind = content.get("kind")
    if kind not in (None, "metal", "dielectric"):
        raise ValueError(f"kind is 'metal' or 'dielectric', not '{kind}'")
    source = content.get("source") or content.get("REFERENCES") or "not stated"
    comment = content.get("comment") or content.get("COMMENTS") or ""
    return Material(
        name=str(content.get("name", stem)),
        description=str(content.get("description", "from a file")),
        source=_plain(str(source)),
        comment=_plain(str(comment)),
        is_metal=_looks_metallic(dispersion) if kind is None else kind == "metal",
        verified=bool(content.get("verified", True)),
        dispersion=dispersion,
    )


def _dispersion(entry: Mapping[str, Any]) -> Dispersion:
    kind = str(entry["type"])
    if kind.startswith("formula "):
        low, high = (float(x) for x in str(entry["wavelength_range"]).split())
        coefficients = tuple(float(x) for x in str(entry["coefficients"]).split())
        return Formula(int(kind.split()[1]), coefficients, (low, high))
    if kind == "constant":
        low, high = (float(x) for x in str(entry["wavelength_range"]).split())
        return Constant(complex(entry["value"]), (low, high))
    columns = {"tabulated nk": 3, "tabulated n": 2, "tabulated k": 2}
    if kind not in columns:
        raise ValueError(f"unknown type '{kind}'")
    rows = np.array(
        [[float(x) for x in line.split()] for line in entry["data"].split("\n") if line]
    )
    if rows.ndim != 2 or rows.shape[1] != columns[kind] or len(rows) < 2:
        raise ValueError(f"'{kind}' needs at least two rows of {columns[kind]} numbers")
    zeros = np.zeros(len(rows))
    n = zeros if kind == "tabulated k" else rows[:, 1]
    k = zeros if kind == "tabulated n" else rows[:, -1]
    return Table(tuple(rows[:, 0]), tuple(n), tuple(k))


def _looks_metallic(dispersion: Dispersion) -> bool:
    low, high = max(dispersion.range[0], 0.4), min(dispersion.range[1], 1.7)
    if low >= high:
        low, high = dispersion.range
    epsilon = dispersion.index(np.linspace(low, high, 41)) ** 2
    return bool(np.mean(epsilon.real < 0) > 0.5)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text)).strip()
