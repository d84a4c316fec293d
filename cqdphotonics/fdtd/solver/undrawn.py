"""Meep without what it draws with.

Meep's import loads Matplotlib, and IPython and ipywidgets where they are installed: more than half
of the processor time until a simulation begins, for pictures that the solver's process never draws.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

DRAWN_WITH = "matplotlib"
"""Meep cannot do without its name: its functions' signatures mention classes of it."""

OPTIONAL = ("IPython", "ipywidgets")
"""Meep does without these where they are missing."""


class _Empty(ModuleType):
    """A module in which every name is an empty class."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        if fullname.partition(".")[0] != DRAWN_WITH:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


@contextmanager
def without_drawing() -> Iterator[None]:
    """While in it, imports of drawing packages find empty modules or none; afterwards the real."""
    roots = (DRAWN_WITH, *OPTIONAL)
    if any(root in sys.modules for root in roots):  # there already: nothing to save
        yield
        return
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    hidden: dict[str, None] = dict.fromkeys(OPTIONAL)
    sys.modules.update(hidden)  # type: ignore[arg-type]
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [n for n in sys.modules if n.partition(".")[0] in roots]:
            del sys.modules[name]


def load_meep() -> None:
    """Import Meep without drawing; as it is, where another version should not stand that."""
    try:
        with without_drawing():
            import_module("meep")
    except (ImportError, AttributeError, TypeError):
        for name in [n for n in sys.modules if n.partition(".")[0] == "meep"]:
            del sys.modules[name]
        import_module("meep")
