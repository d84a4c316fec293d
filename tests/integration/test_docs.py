"""``./run docs`` makes pages whose links hold and that need nothing from the network."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "docs" / "build.py"

LOADED = {
    ("img", "src"), ("img", "srcset"), ("script", "src"), ("link", "href"), ("iframe", "src"),
    ("source", "src"), ("source", "srcset"), ("video", "src"), ("audio", "src"),
    ("object", "data"), ("embed", "src"), ("image", "href"), ("use", "href"),
}  # fmt: skip
"""Attributes whose address a browser fetches when it opens a page."""


class Links(HTMLParser):
    """What a page has: its anchors, where it leads, what it loads, its style sheets and scripts."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.styles = ""
        self.scripts = ""
        self.inside = ""
        self.feed(page.read_text())

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value)
            elif name == "style":
                self.styles += value
            elif (tag, name) in LOADED:
                self.loads.append(value)
            elif tag == "a" and name == "href":
                self.leads.append(value)

    def handle_endtag(self, _):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "style":
            self.styles += data
        elif self.inside == "script":
            self.scripts += data


def build(folder, **options):
    return subprocess.run(
        [sys.executable, BUILD, folder], capture_output=True, text=True, check=False, **options
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Every page of the site by its path."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    # From another directory, and in a narrow terminal, which must not show.
    told = build(folder, cwd=folder.parent, env=os.environ | {"COLUMNS": "40"})
    assert told.returncode == 0, told.stderr
    assert str(folder / "index.html") in told.stdout
    return {path: Links(path) for path in folder.rglob("*.html")}


def page(site, name):
    (found,) = (path for path in site if path.as_posix().endswith(f"/site/{name}.html"))
    return found


def test_has_the_pages(site):
    written = [path.stem for path in (ROOT / "docs").glob("*.md")]
    assert "architecture" in written
    for name in ("index", "commands", "devices", "cqdphotonics", *written):
        assert page(site, name).stat().st_size > 1000


def test_links_hold(site):
    broken = []
    for path, links in site.items():
        if "layouts/results" not in path.as_posix():  # reports that stand alone
            assert links.leads, path
        for link in links.leads:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                assert address.scheme in ("https", "http"), link
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            if not target.is_file():
                broken.append(f"{path.name}: {link}: no such file")
            elif address.fragment and unquote(address.fragment) not in site[target].anchors:
                broken.append(f"{path.name}: {link}: no such place in it")
    assert not broken, "\n".join(broken)


def test_nothing_is_loaded_from_elsewhere(site):
    for path, links in site.items():
        for link in links.loads:
            address = urlsplit(link)
            if address.scheme != "data":
                assert not address.scheme, f"{path.name} loads {link}"
                assert not address.netloc, f"{path.name} loads {link}"
                assert (path.parent / unquote(address.path)).is_file(), f"{path.name}: {link}"
        addresses = re.findall(r"@import\s*\S+|url\(\s*(?!['\"]?(?:data:|#))[^)]*", links.styles)
        assert not addresses, f"{path.name}: {addresses}"
        assert not re.search(r"https?://|\bfetch\(|\bimport\(", links.scripts), path.name


def test_gallery_shows_every_device_and_every_design(site):
    from cqdphotonics import components, nominal

    index = Links(page(site, "gallery"))
    for name in components.names():
        file = f"gallery-{name.replace('_', '-')}"
        assert f"{file}.html" in index.leads
        text = page(site, file).read_text()
        kept = [nominal.read_record(design) for design in nominal.of_family(name)]
        # Layout and cross-section always; three more where there are figures; for figures of
        # parts mode and spectrum, and with curves these and the split line.
        parts = [nominal.read_parts(design) for design in nominal.of_family(name)]
        in_parts = sum(2 + 2 * bool(one.curves) for one in parts if one is not None)
        whole = sum(3 - (one.fidelity == "theory") for one in kept if one)  # theory has no field
        assert text.count("<figure") == 2 * len(kept) + whole + in_parts
        assert text.count("there is no far field") == len([one for one in parts if one])
        arrays = [one for one in kept if isinstance(one, nominal.ArrayRecord)]
        assert text.count("orders of diffraction") == len(arrays)
        none = [a is None and b is None for a, b in zip(kept, parts, strict=True)]
        assert text.count("Not simulated.") == sum(none)
        for design in nominal.of_family(name):
            assert f"<code>{design.name}</code>" in text
            for known in (design.literature, *design.also):
                assert known is None or known.source in text
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), name


def test_gallery_shows_every_part_of_a_chip(site):
    from cqdphotonics import components

    index = Links(page(site, "gallery"))
    for name in components.part_names():
        file = f"gallery-{name.replace('_', '-')}"
        assert f"{file}.html" in index.leads
        text = page(site, file).read_text()
        assert "<figure" in text
        for parameter in components.parameters(name):
            assert f"<code>{parameter.name}</code>" in text
        for port in components.load(name)().ports:
            assert f"<code>{port.name}</code>" in text
        assert re.search("No FDTD was run|Nothing is simulated here|No light", text), name
        assert "|---" not in text  # a table that was not understood
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), name


def test_tables_of_the_index_are_tables(site):
    text = page(site, "gallery").read_text()
    assert text.count("<table>") == 3
    assert "|---" not in text


def test_command_line_is_told_whole(site):
    text = page(site, "commands").read_text()
    help_ = subprocess.run(
        [sys.executable, "-c", "from cqdphotonics.cli import main; main(['codesign', '--help'])"],
        capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "80"},
    ).stdout  # fmt: skip
    shown = re.sub(r"<[^>]+>", "", text)
    for line in help_.splitlines():
        if not re.search("[<>&'\"]", line):  # written as entities in the page
            assert line in shown
    for command in ("emitters", "simulate", "codesign", "doctor"):
        assert f"cqd-{command}" in site[page(site, "commands")].anchors


def test_search_knows_the_names(site):
    index = page(site, "index").with_name("search.js").read_text()
    for name in ("cqdphotonics.quantum.Environment.from_purcell", "cqdphotonics.simulate"):
        assert f'"{name}"' in index


@pytest.mark.parametrize("module", ["", ".emitters", ".quantum", ".layout", ".components"])
def test_public_names_are_told(site, module):
    name = f"cqdphotonics{module}"
    anchors = site[page(site, name.replace(".", "/"))].anchors
    rooms = {"__version__", "components", "emitters", "layout", "quantum", "stacks"}
    public = set(import_module(name).__all__) - rooms
    assert public <= anchors


def test_says_nothing_of_this_machine(site):
    """No addresses in memory, which differ each time, and no paths; in the search index neither."""
    for path in (*site, page(site, "index").with_name("search.js")):
        text = path.read_text()
        assert not re.search(r"\b0x[0-9a-f]{6}", text), path.name
        assert str(ROOT) not in text, path.name


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("[gone](docs/gone.md)", "links to 'docs/gone.md', which is not there"),
        ("[outside](../../etc/hosts)", "which is not there"),
        ("[devices](components/)", "links to the folder 'components/'"),
        ("![badge](https://example.org/badge.svg)", "from the network"),
        ('<img src="//example.org/picture.png">', "from the network"),
        ("```no-such-language\nx\n```", "'no-such-language', which is not known"),
    ],
)
def test_what_would_be_broken_is_refused(tmp_path, text, complaint):
    spec = spec_from_file_location("docs_build", BUILD)
    module = module_from_spec(spec)
    sys.modules["docs_build"] = module  # where dataclasses look themselves up
    spec.loader.exec_module(module)
    page = module.Page("index.html", "Overview", text, ROOT / "README.md")
    with pytest.raises(module.DocsError, match=re.escape(complaint)):
        module.Renderer([page], tmp_path).render(page)


def test_full_folder_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    told = build(tmp_path)
    assert told.returncode == 2
    assert "is not empty" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
