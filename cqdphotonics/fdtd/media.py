"""Materials as the solver takes them, and what is kept about them with a response."""

from typing import Any

from cqdphotonics import materials
from cqdphotonics.fdtd.job import Job, MediumSpec, PoleSpec
from cqdphotonics.fdtd.scene import Scene
from cqdphotonics.materials import Material, MediumModel

CONSTANT_TOLERANCE = 0.05
"""Change of ε over the band up to which a transparent medium is taken as constant."""


def medium_spec(name: str, wavelength: float, band: tuple[float, float]) -> MediumSpec:
    """The medium of material `name` for light at `wavelength` in a `band`, all in µm.

    A transparent material whose permittivity changes little over the band is a constant, exact at
    `wavelength`: the solver smooths the interfaces of such media only. Everything else is a causal
    fit. The label says how far either is from the data.
    """
    material = materials.load(name)
    model = solver_model(material, band)
    if model.constant:
        index = material.index(wavelength).real
        label = f"{name} n = {index:.4g}"
        if error := model.fit_error.maximum:
            label += f", ε within {error:.1%} over the band"
        # Rounded so that the last bits of a library's arithmetic don't make another job.
        return MediumSpec(label=label, epsilon=round(index**2, 9))
    poles = tuple(
        PoleSpec(kind=p.kind, frequency=p.frequency, gamma=p.gamma, sigma=p.sigma)
        for p in model.poles
    )
    error = model.fit_error.maximum
    label = f"{name} causal fit, {len(poles)} poles, ε within {error:.1%} over the band"
    return MediumSpec(label=label, epsilon=model.epsilon_infinity, poles=poles)


def solver_model(material: Material, band: tuple[float, float]) -> MediumModel:
    """What the solver takes for `material` over a `band` of wavelengths, with its error."""
    constant = material.model(*band, tolerance=CONSTANT_TOLERANCE)
    return constant if constant.constant else material.model(*band)


def material_records(scene: Scene, job: Job) -> dict[str, dict[str, Any]]:
    """Source, range and error of every material of a job, as they are kept with its response."""
    band = (1 / max(job.frequencies), 1 / min(job.frequencies))
    names = {b.material for b in (*scene.solids, *scene.films)} | {scene.medium}
    out = {}
    for name in sorted(names):
        material = materials.load(name)
        model = solver_model(material, band)
        out[name] = {
            "source": material.source,
            "data_range_um": list(material.range),
            "band_um": [round(end, 9) for end in band],
            "constant": model.constant,
            "poles": [str(pole) for pole in model.poles],
            "error_of_epsilon": model.fit_error.maximum,
            "error_of_absorption": model.fit_error.loss,
        }
    return out
