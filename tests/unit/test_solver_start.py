"""The solver's process begins without loading what it never uses."""

import subprocess
import sys
from importlib import import_module

import pytest

from cqdphotonics.fdtd.worker import KINDS, read_job


def in_a_process(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


@pytest.mark.meep
def test_meep_comes_without_what_it_draws_with():
    done = in_a_process(
        "import sys\n"
        "from cqdphotonics.fdtd import solver, worker\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert 'meep' in loaded\n"
        "print(sorted(loaded & {'matplotlib', 'IPython', 'ipywidgets', 'scipy', 'gdsfactory'}))\n"
        "import matplotlib.colors\n"
        "print(matplotlib.colors.to_hex('red'))\n"  # the real one, for who asks afterwards
    )
    assert "[]\n#ff0000" in done.stdout, done.stderr


@pytest.mark.meep
def test_another_meep_that_needs_its_drawing_gets_it(tmp_path):
    """A version whose import would fail with empty classes is loaded as it is."""
    package = tmp_path / "meep"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from matplotlib.colors import to_hex\nassert_red = to_hex('red')\n"
    )
    done = in_a_process(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import importlib.util, cqdphotonics.fdtd as f\n"
        "place = f.__path__[0] + '/solver/undrawn.py'\n"
        "spec = importlib.util.spec_from_file_location('undrawn', place)\n"
        "undrawn = importlib.util.module_from_spec(spec); spec.loader.exec_module(undrawn)\n"
        "undrawn.load_meep()\n"
        "print(sys.modules['meep'].assert_red)\n"
    )
    assert "#ff0000" in done.stdout, done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_read_by_its_kind(kind):
    module, _, name = KINDS[kind].partition(".")
    found = getattr(import_module(f"cqdphotonics.fdtd.{module}"), name)
    assert found.model_fields["kind"].default == kind
    with pytest.raises(ValueError, match="validation error"):
        read_job(f'{{"kind": "{kind}"}}')
