"""Wrong studies are refused before any simulation, in words that say where and what to do."""

import pytest
import yaml

from cqdphotonics.codesign.study import Study
from cqdphotonics.errors import CqdError, FileFormatError

GOOD = """\
name: a disc
emitter: CsPbBr3-4K
component: disc
stack: sin-air
free:
  radius: {minimum: 0.2, maximum: 0.6, start: 0.3}
  stack.thickness: {minimum: 0.2, maximum: 0.4}
objective: indistinguishability
search:
  budget: 20
  samples: 4
"""


def changed(**changes: object) -> str:
    """The good study with values replaced; ``a__b=…`` sets b inside of a, None removes a key."""
    content = yaml.safe_load(GOOD)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = content
        for parent in parents:
            target = target.setdefault(parent, {})
        if value is None:
            del target[last]
        else:
            target[last] = value
    return yaml.safe_dump(content, sort_keys=False)


def test_defaults_are_filled_in_and_survive_writing():
    study = Study.from_text(GOOD)
    assert study.objective == {"indistinguishability": 1.0}
    assert study.free["stack.thickness"].first == pytest.approx(0.3)  # the middle
    again = Study.from_text(study.to_yaml())
    assert again.model_dump() == study.model_dump()
    assert again.identity() == study.identity()


def test_identity_is_that_of_the_answer():
    study = Study.from_text(GOOD)
    assert Study.from_text(changed(name="other words")).identity() == study.identity()
    for change in (
        {"search__seed": 2},
        {"free__radius__maximum": 0.5},
        {"emitter": {"name": "CsPbBr3-4K", "override": {"T1": 200}}},
        {"dipole": "y"},
    ):
        assert Study.from_text(changed(**change)).identity() != study.identity()


@pytest.mark.parametrize(
    "change, said",
    [
        ({"componnet": "disc"}, ["componnet", "Did you mean 'component'", "Allowed: name"]),
        ({"component": None}, ["'component' is missing"]),
        ({"free__radius__minium": 1}, ["line 10", "Did you mean 'minimum'", "maximum, start"]),
        ({"free__radius__minimum": "thin"}, ["line 7", "number", "'thin'"]),
        ({"free__radius__minimum": 0.7}, ["line 6", "bounds are empty"]),
        ({"free__radius__start": 0.7}, ["start 0.7 is outside"]),
        ({"free": {}}, ["'free' is empty"]),
        ({"free": 3}, ["'free' should be a mapping"]),
        ({"objective": "coherence"}, ["unknown figure 'coherence'", "indistinguishability"]),
        ({"objective": {"efficiency": 0}}, ["exponent", "efficiency"]),
        ({"search__algorithm": "BOBYQUA"}, ["Did you mean 'BOBYQA'", "COBYLA"]),
        ({"search__budget": 0}, ["search.budget", "greater than or equal to 1"]),
        ({"search__budget": 5}, ["at least 7"]),
        ({"search__budget": True}, ["should be a number, not true"]),
        ({"search__seed": 1.5}, ["search.seed", "integer"]),
        ({"engine": "cloud"}, ["'engine.name' can't be 'cloud'", "local"]),
        ({"fixed": {"radius": 0.3}}, ["'radius' is both fixed and free"]),
        ({"collection__na": -0.1}, ["collection.na", "greater than 0"]),
        ({"proof__fidelity": "finest"}, ["Did you mean 'fine'", "draft, standard, fine"]),
    ],
)
def test_malformed(change, said):
    with pytest.raises(FileFormatError) as caught:
        Study.from_text(changed(**change), name="study.yaml")
    message = str(caught.value)
    assert message.startswith("study.yaml")
    assert len(message.splitlines()) <= 4
    for words in said:
        assert words in message


@pytest.mark.parametrize(
    "change, said",
    [
        ({"component": "disk"}, ["line 3", "Did you mean 'disc'", "bullseye"]),
        ({"stack": "sin-ari"}, ["line 4", "Did you mean 'sin-air'"]),
        ({"emitter": "CsPbBr3-4"}, ["line 2", "Did you mean 'CsPbBr3-4K'"]),
        ({"emitter": "mine.yaml"}, ["mine.yaml"]),
        ({"fixed": {"ring": 3}}, ["line 18", "unknown parameter 'ring'", "radius"]),
        ({"fixed": {"stack.thikness": 3}}, ["Did you mean 'stack.thickness'"]),
        (
            {"free": {"stack.thickness": {"minimum": 200, "maximum": 400}}},
            ["thickness = 200", "Did you mean µm", "0.2 µm"],
        ),
        (
            {"free__radius": {"minimum": 0.3, "maximum": 0.3004}},
            ["radius", "fewer than two points of the grid"],
        ),
        ({"collection__na": 1.1}, ["NA 1.1", "air", "at most 1"]),
        ({"search__algorithm": "CRS2"}, ["starts: 1"]),
        ({"emitter": {"name": "CsPbBr3-4K", "override": {"T2": 1000}}}, ["T2 = 1000"]),
        ({"emitter": {"name": "CsPbBr3-4K", "override": {"wavelength": 520}}}, ["520"]),
    ],
)
def test_impossible(change, said):
    with pytest.raises(CqdError) as caught:
        Study.from_text(changed(**change), name="study.yaml").check()
    assert caught.value.exit_code == 2
    for words in said:
        assert words in str(caught.value)


def test_good_study_passes():
    Study.from_text(GOOD).check()


@pytest.mark.parametrize(
    "text, said",
    [
        ("name: [1, 2", "line 1"),
        ("a: 1\na: 2", "line 2: 'a' comes twice; the first is on line 1"),
        ("- 1\n- 2", "a study is a mapping"),
        ("", "a study is a mapping"),
        ("a: !!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_not_a_study_at_all(text, said):
    with pytest.raises(FileFormatError, match=r"study\.yaml") as caught:
        Study.from_text(text, name="study.yaml")
    assert said in str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"there is no file .*none\.yaml"):
        Study.from_file(tmp_path / "none.yaml")


def test_numbers_as_yaml_writes_them():
    """YAML 1.1 reads 2e-1 as a text, since it has no point; a person means a number."""
    study = Study.from_text(
        GOOD.replace("minimum: 0.2, maximum: 0.6", "minimum: 2e-1, maximum: 6e-1")
    )
    assert study.free["radius"].minimum == 0.2
