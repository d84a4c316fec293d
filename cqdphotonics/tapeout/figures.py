"""What the store knows of the devices of a chip. Nothing is computed that costs time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uncertainties import UFloat

from cqdphotonics.errors import CqdError
from cqdphotonics.tapeout.assembly import Assembly, Site

if TYPE_CHECKING:
    from cqdphotonics.fdtd import Response, Store

NAMES = ("purcell", "indistinguishability", "efficiency")

NOT_SIMULATED = "not simulated"


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of one device.

    Attributes
    ----------
    status : str
        ``"stored"``, ``"not simulated"``, or why the device can't be simulated.
    fidelity : str
        Of the stored result; of the cheapest job where there is none.
    job_hashes : tuple of str
        Of the jobs that make the result; of those that would.
    verdict : str
        Of the response.
    values : dict of str to UFloat
        Purcell factor, indistinguishability, efficiency; empty without a result.
    response : Response or None
        The stored response.
    """

    status: str
    fidelity: str = ""
    job_hashes: tuple[str, ...] = ()
    verdict: str = ""
    values: "dict[str, UFloat] | None" = None
    response: "Response | None" = None

    @property
    def is_stored(self) -> bool:
        """Whether there are figures."""
        return self.response is not None


def wavelength_of(assembly: Assembly, site: Site) -> float:
    """Vacuum wavelength at which a device is looked at, µm: the array's, else the dot's."""
    return float(site.array.wavelength or assembly.emitter.wavelength)


def dipole_of(site: Site) -> str:
    """The dipole that the device is made for."""
    return str(site.cell.info.get("emitter_axis", "x"))


def known_figures(
    assembly: Assembly, store: "Store", sites: Iterable[Site] | None = None
) -> dict[str, Known]:
    """What the store knows, by name of the device.

    The device's cell on its stack, at the emitter's wavelength, becomes the jobs that `simulate`
    would run. Where all of them are in the store, the response is put together from them.
    Devices of one cell on one stack share one answer.
    """
    made: dict[tuple[Any, ...], Known] = {}
    found: dict[str, Known] = {}
    for site in assembly.sites if sites is None else sites:
        if site.emitter is None:
            found[site.name] = Known("no dot in it: nothing to simulate")
            continue
        key = (site.cell_name, site.stack.model_dump_json(), wavelength_of(assembly, site))
        if key not in made:
            made[key] = _look_up(assembly, site, store)
        found[site.name] = made[key]
    return found


def _look_up(assembly: Assembly, site: Site, store: "Store") -> Known:
    from cqdphotonics.fdtd import build_scene, simulate
    from cqdphotonics.fdtd.simulation import APERTURES, plans_for
    from cqdphotonics.quantum import figures

    collection = assembly.file.collection
    wavelength, dipole = wavelength_of(assembly, site), dipole_of(site)
    cheapest: Known | None = None
    try:
        scene = build_scene(site.cell, site.stack, dipole)  # type: ignore[arg-type]
        for fidelity in assembly.file.fidelity:
            plans = plans_for(scene, wavelength, fidelity, dipole)
            jobs = [job for planned in plans.values() for job in planned.jobs]
            hashes = tuple(job.hash for job in jobs)
            cheapest = Known(NOT_SIMULATED, fidelity, hashes)
            if not all(job in store for job in jobs):
                continue
            response = simulate(
                scene, site.stack, wavelength, fidelity, dipole=dipole, store=store,
                na=sorted({*APERTURES, collection.na}),
            )  # fmt: skip
            environment = response.environment(
                assembly.emitter, collection.na, collection.direction,
                share=collection.share(response) if collection.port else None,
                output=collection.words if collection.port else "",
            )  # fmt: skip
            told = figures(assembly.emitter, environment)
            values = {"purcell": response.purcell}
            values |= {name: getattr(told, name) for name in NAMES[1:]}
            return Known("stored", fidelity, hashes, response.verdict, values, response)
    except CqdError as error:
        return Known(f"can't be simulated: {' '.join(str(error).split())}")
    assert cheapest is not None  # the file has at least one fidelity
    return cheapest
