"""``import cqdphotonics as cqd``: the handful of names, each where it belongs."""

import inspect
from types import ModuleType

import pytest

import cqdphotonics as cqd


@pytest.mark.parametrize("name", ["components", "emitters", "layout", "quantum"])
def test_rooms_are_modules(name):
    assert isinstance(getattr(cqd, name), ModuleType)


@pytest.mark.parametrize("name", ["Emitter", "Environment", "Response", "Study"])
def test_values_are_classes(name):
    assert inspect.isclass(getattr(cqd, name))


@pytest.mark.parametrize("name", ["figures", "simulate"])
def test_arrows_are_functions(name):
    # A room may have a module of the same name, which must not stand in the function's way.
    assert inspect.isfunction(getattr(cqd, name))


def test_figures_is_a_function_of_its_room_as_well():
    assert cqd.quantum.figures is cqd.figures


def test_all_names_are_listed_and_exist():
    assert dir(cqd) == sorted(cqd.__all__)
    assert all(getattr(cqd, name) is not None for name in cqd.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nix'"):
        _ = cqd.nix
