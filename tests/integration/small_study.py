"""A study of a few cheap simulations, for tests that disturb it, and what such a test looks at."""

from pathlib import Path


def small_study(budget: int = 3, samples: int = 1, more: str = "") -> str:
    """Its YAML: a small disc, in cylindrical coordinates; `more` is added as it is."""
    return f"""
name: a small disc
emitter: CsPbBr3-4K
component: disc
stack: sin-air
free:
  radius: {{minimum: 0.10, maximum: 0.20, start: 0.15}}
objective: {{indistinguishability: 1, efficiency: 1}}
collection: {{na: 0.8}}
search: {{budget: {budget}, samples: {samples}, starts: 1, seed: 4}}
proof: {{fidelity: draft}}
{more}"""


def entries(directory: Path) -> dict[str, tuple[int, int]]:
    """Finished simulations: hash → when and as which file they were written."""
    found = (directory / "store").glob("??/*/meta.json")
    return {p.parent.name: (p.stat().st_mtime_ns, p.stat().st_ino) for p in found}
