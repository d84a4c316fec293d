"""What a simulation costs: a plain tutorial-style Meep script beside ours, for the same question.

Run with ``python -m benchmarks.fdtd [--whole] [PART ...]``; the parts are nanobeam, bullseye,
layout and speed. Targets: nanobeam (Q, V, F) at least 30 times cheaper, bullseye (F, collection)
200 times, set-up of a layout with 40 holes 20 times, two jobs side by side 1.8 times one after the
other. About ten minutes on two quiet cores.

*Same accuracy* means the same grid (that of ``draft``: ten points a wavelength in the film), the
same film, absorbers at the same distance, and a spectrum of which the end of the run cuts off less
than a percent: the plain scripts (`benchmarks/plain`) run for 2Q periods, as Meep's own example of
a Purcell factor does, after which exp(−2π) = .2 % of the amplitude is left; ours until three
completions agree to .5 %. Both answers are printed, and for the nanobeam how far each is from a
finer grid. There the same grid is not the same error: the two differ by 1.2 % in λ.

Costs are seconds of the processor, all of it: Python's start, set-up, reference, far field; so they
depend little on what else runs. The plain scripts need hours. Their cost is that of some steps of
the real simulation, at the real resolution and size, times the number of steps that they need; for
this the Q must be known. Each line says how many steps were run. ``--whole`` runs all of them. So
that the answers can still be compared, the plain script runs once more with all three mirror
planes, which change nothing but the time: for the nanobeam without its longest part, the density of
states; for the bullseye whole, on one with two rings, which rings less.
"""

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
INDEX_OF = "Si3N4"
NANOBEAM_WAVELENGTH, BULLSEYE_WAVELENGTH, NA = 0.62, 0.53, 0.7
NANOBEAM_THICKNESS, HOLES = 0.28, 40
NANOBEAM_FINER = {"λ/µm": 0.62944, "Q": 13975.0, "F by Q/V": 991.0}
"""What the plain script found at 50 pixels a µm with mirror planes (69 s of processor time), the
finest grid that was run; not converged either: from 36 to 50 its Q rises by 27 %."""

STEPS = 100
LAYOUT_SHARE = 0.005
"""Share of the cell that the plain script sets up for 40 holes (the whole would take hours): two
pixels in the middle, where there is no hole. Its other pixels take longer."""

BYTES_OF_VOXEL_STEP = 27 * 8
"""Least traffic of a step of a 3D dielectric: B += curl E, D += curl H and E = D/ε each read two
vectors (of E, B; H, D; D, 1/ε) and write one, in double precision, nothing kept in a cache."""


def python(*arguments: Any) -> dict[str, Any]:
    """Run a script in a process of its own; the JSON object that it prints last."""
    from cqdphotonics.fdtd.runner import solver_environment

    done = subprocess.run(
        [sys.executable, *(str(argument) for argument in arguments)],
        env=solver_environment(), cwd=HERE.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    answers = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not answers:
        raise SystemExit(f"{arguments[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(answers[-1])


def processor_seconds() -> float:
    """Seconds of the processor that this process and its ended children took so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cost(result: dict[str, Any]) -> float:
    """Print what each stage of a plain script takes, and return the sum in seconds."""
    total = 0.0
    for name, stage in result["stages"].items():
        seconds = stage["setup"] + stage["seconds"] * stage["needed"] / stage["done"]
        total += seconds
        measured = f"measured for {stage['done']} of {stage['needed']}"
        if stage["done"] == stage["needed"]:
            measured = f"measured whole, {stage['done']}"
        what = f"steps of {stage['voxels']:,} voxels" if stage["voxels"] else "directions"
        print(f"    plain, {name:19s} {seconds:10.0f} s   {measured} {what}")
    return total


def row(name: str, **values: float | None) -> None:
    """A line of answers."""
    shown = [f"{key} {value:.5g}" for key, value in values.items() if value is not None]
    print(f"    {name:26s} {'  '.join(shown)}")


VERDICTS: list[str] = []
"""Lines of the targets, repeated at the end."""


def verdict(what: str, ratio: float, target: float | None = None) -> None:
    """A line with a ratio, and whether it reaches its target."""
    line = f"  {what:52s} {ratio:8.1f} ×"
    if target:
        line += f"   target ≥ {target:g}: {'met' if ratio >= target else 'MISSED'}"
        VERDICTS.append(line)
    print(line, flush=True)


def film_index(wavelength: float) -> float:
    from cqdphotonics import materials

    return float(materials.load(INDEX_OF).index(wavelength).real)


def simulated(component: Any, thickness: float, wavelength: float, dipole: str) -> Any:
    """Our response in a fresh store, so that all of it is computed, and what it took."""
    from cqdphotonics import simulate
    from cqdphotonics.layout import stacks

    with tempfile.TemporaryDirectory(prefix="cqd-bench-") as store:
        start = processor_seconds()
        response = simulate(
            component,
            stacks.load("sin-air", thickness=thickness),
            wavelength,
            "draft",
            dipole=dipole,
            na=[NA],
            store=store,
        )
        return response, processor_seconds() - start


def nanobeam(whole: bool) -> None:
    from cqdphotonics import components

    wavelength = NANOBEAM_WAVELENGTH
    response, ours = simulated(
        components.load("nanobeam")(mirror=3), NANOBEAM_THICKNESS, wavelength, "y"
    )
    mode = response.dominant_mode
    resolution = response.provenance["grids"][-1]["pixels_per_um"]
    question = (
        HERE / "plain" / "nanobeam.py", "--resolution", resolution, "--index",
        film_index(wavelength), "--wavelength", wavelength,
    )  # fmt: skip
    if whole:
        plain = measured = python(*question)
    else:
        plain = python(*question, "--mirrors", "--stages", "ring-down")
        quality = plain["answers"]["quality"]
        measured = python(*question, "--steps", STEPS, "--quality", quality)
    found = plain["answers"]
    print(f"nanobeam with three mirror holes a side, {resolution:.1f} pixels a µm")
    answers = {
        "plain" if whole else "plain, mirror planes used": {
            "λ/µm": found["wavelength"], "Q": found["quality"], "V/(λ/n)³": found["volume"],
            "F by Q/V": found["purcell_from_volume"], "F by LDOS": found.get("purcell"),
        },
        "ours": {
            "λ/µm": mode.wavelength, "Q": mode.quality, "V/(λ/n)³": mode.normalised_volume,
            "F by Q/V": mode.purcell_from_volume, "F by work": mode.purcell,
        },
    }  # fmt: skip
    for name, values in answers.items():
        row(name, **values)
        off = [f"{key} {values[key] / fine - 1:+.1%}" for key, fine in NANOBEAM_FINER.items()]
        print(f"      against plain at 50 pixels a µm: {', '.join(off)}")
    total = cost(measured)
    print(f"    ours, all                  {ours:10.0f} s")
    first = measured["stages"]["ring-down"]
    harminv = first["setup"] + first["seconds"] * first["needed"] / first["done"]
    verdict("nanobeam, Q, V, F", total / ours, 30)
    verdict("  Q, V and F by Q/V alone, without plain's LDOS", harminv / ours)


def bullseye(whole: bool) -> None:
    script = HERE / "plain" / "bullseye.py"
    wavelength, rings = BULLSEYE_WAVELENGTH, (5,) if whole else (5, 2)
    index, costs = film_index(wavelength), {}
    for count in rings:
        mode, ours, ours_seconds, resolution = own_bullseye(count)
        question = (
            script, "--resolution", resolution, "--index", index, "--wavelength", wavelength,
            "--rings", count, "--na", NA,
        )  # fmt: skip
        print(f"bullseye with {count} rings, {resolution:.1f} pixels a µm, NA {NA:g}")
        row(
            "ours",
            **{"λ/µm": mode.wavelength, "Q": mode.quality, "F": mode.purcell},
            **{f"η({NA:g})": ours},
        )
        if whole or count != rings[0]:
            plain = python(*question, *([] if whole else ["--mirrors"]))
            found = plain["answers"]
            row(
                "plain" if whole else "plain, mirror planes used",
                **{"λ/µm": found["wavelength"], "Q": found["quality"], "F": found["purcell"]},
                **{f"η({NA:g})": found["collection"]},
            )
        if count == rings[0]:
            measured = (
                plain if whole else python(*question, "--steps", STEPS, "--quality", mode.quality)
            )
            costs = {"plain": cost(measured), "ours": ours_seconds}
            print(f"    ours, two runs             {ours_seconds:10.0f} s")
            verdict("bullseye, F and collection", costs["plain"] / costs["ours"], 200)
            # A mirror plane halves the cell and nothing else.
            verdict("  had plain used two mirror planes", costs["plain"] / 4 / costs["ours"])


def own_bullseye(rings: int) -> tuple[Any, float, float, float]:
    """Mode, collection, seconds and resolution: a run to find the resonance, and one on it."""
    from cqdphotonics import components

    device, thickness = components.load("bullseye")(rings=rings), 0.32
    first, seconds = simulated(device, thickness, BULLSEYE_WAVELENGTH, "x")
    resolution = first.provenance["grids"][-1]["pixels_per_um"]
    response, more = simulated(device, thickness, first.dominant_mode.wavelength, "x")
    collected = response.collection(NA).nominal_value
    return response.dominant_mode, collected, seconds + more, resolution


def layout(whole: bool) -> None:
    from cqdphotonics import components
    from cqdphotonics.fdtd.planning import plan
    from cqdphotonics.fdtd.scene import build_scene
    from cqdphotonics.layout import stacks

    with tempfile.TemporaryDirectory(prefix="cqd-bench-") as folder:
        path = Path(folder) / "layout.gds"
        device = components.load("nanobeam")(mirror=(HOLES - 16) // 2)
        device.write_gds(path)
        films = stacks.load("sin-air", thickness=NANOBEAM_THICKNESS)
        job = plan(build_scene(device, films, "y"), NANOBEAM_WAVELENGTH).jobs[-1]
        around = 0.5 * NANOBEAM_WAVELENGTH + job.pml
        ours = python(HERE / "_own_layout.py", path, NANOBEAM_THICKNESS, NANOBEAM_WAVELENGTH)
        plain = python(
            HERE / "plain" / "layout.py", path, "--resolution", job.resolution,
            "--index", film_index(NANOBEAM_WAVELENGTH), "--thickness", NANOBEAM_THICKNESS,
            "--around", around, "--share", 1.0 if whole else LAYOUT_SHARE,
        )  # fmt: skip
    share = plain["share"]
    seconds = plain["seconds"] / share
    print(f"layout with {HOLES} holes, {job.resolution:.1f} pixels a µm")
    print(f"    plain, {plain['polygons']} prism             {seconds:10.0f} s   "
          f"{plain['vertices']} vertices, measured for {share:.2%} of the cell")  # fmt: skip
    for name, own in ours["seconds"].items():
        print(f"    ours, {name:20s} {own:10.1f} s   {ours['solids']} solids")
    verdict("set-up, both without mirror planes", seconds / ours["seconds"]["whole cell"], 20)
    verdict("  as it is run, ours with them", seconds / ours["seconds"]["mirrors"])


def triad(threads: int, size: int = 10_000_000) -> float:
    """Bytes a second of a = b + s·c in two passes of numpy: the best of five, in all threads."""
    parts = [tuple(np.ones(size // threads) for _ in range(3)) for _ in range(threads)]

    def work(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)

    best = np.inf
    for _ in range(5):
        workers = [threading.Thread(target=work, args=part) for part in parts]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = min(best, time.perf_counter() - start)
    return 5 * 8 * (size // threads) * threads / best


def speed(whole: bool) -> None:  # noqa: ARG001 - every part is called alike
    from cqdphotonics import components
    from cqdphotonics.codesign.engine import available_cores
    from cqdphotonics.fdtd.planning import plan
    from cqdphotonics.fdtd.runner import run
    from cqdphotonics.fdtd.scene import build_scene
    from cqdphotonics.fdtd.store import Store
    from cqdphotonics.layout import stacks

    films = stacks.load("sin-air", thickness=NANOBEAM_THICKNESS)
    device = components.load("nanobeam")(mirror=3)
    planned = plan(build_scene(device, films, "y"), NANOBEAM_WAVELENGTH).jobs[-1]
    short = planned.stop.model_copy(update={"longest": planned.stop.interval})
    job = planned.model_copy(update={"stop": short})
    half = job.reference_half_width
    reference = job.model_copy(
        update={"half_width": half, "half_depth": half, "below": half, "above": half}
    )

    def solved(ranks: int = 1, which: Any = job) -> tuple[float, float]:
        """Seconds by the clock, and millions of voxel-steps a second while it is solved."""
        with tempfile.TemporaryDirectory(prefix="cqd-bench-") as root:
            start = time.perf_counter()
            raw = run(which, Store(root), ranks=ranks)
            seconds = time.perf_counter() - start
        done = job.voxels() * raw.arrays["summary"][0]
        done += reference.voxels() * raw.arrays["summary_reference"][0]
        steps = done * job.resolution / job.courant
        return seconds, float(steps / raw.meta["solver_seconds"] / 1e6)

    one, rate = solved()
    bandwidth = triad(1)
    limit = bandwidth / BYTES_OF_VOXEL_STEP / 1e6
    print(f"speed, 3D dielectric of {job.voxels():,} voxels with all its monitors")
    print(f"    one core                   {rate:10.1f} million voxel-steps a second")
    print(f"    triad of numpy, one core   {bandwidth / 1e9:10.1f} GB/s: at "
          f"{BYTES_OF_VOXEL_STEP} bytes a voxel-step {limit:.0f} million, "
          f"of which we reach {rate / limit:.0%}")  # fmt: skip
    if available_cores() < 2:
        print("    ranks and jobs side by side: needs two cores")
        return
    print(f"    triad of numpy, two cores  {triad(2) / 1e9:10.1f} GB/s")
    _, both = solved(ranks=2)
    verdict("two ranks against one", both / rate)
    jobs = [job.model_copy(update={"courant": job.courant * (1 - 1e-6 * k)}) for k in range(2)]
    workers = [threading.Thread(target=solved, kwargs={"which": each}) for each in jobs]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    verdict("two jobs side by side", 2 * one / (time.perf_counter() - start), 1.8)


PARTS = {"nanobeam": nanobeam, "bullseye": bullseye, "layout": layout, "speed": speed}


def parser() -> ArgumentParser:
    options = ArgumentParser(prog="python -m benchmarks.fdtd", description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    options.add_argument(
        "--whole", action="store_true", help="run the plain scripts whole: many hours"
    )
    return options


def main() -> None:
    options = parser()
    arguments = options.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        options.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    start = time.perf_counter()
    for name in arguments.parts or PARTS:
        PARTS[name](arguments.whole)
        sys.stdout.flush()
    print("targets", *VERDICTS, sep="\n")
    print(
        f"measured in {time.perf_counter() - start:.0f} s; {processor_seconds():.0f} s of the "
        "processor"
    )


if __name__ == "__main__":
    main()
