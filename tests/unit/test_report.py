"""The report is one file that needs nothing else, and shows what it was given."""

import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from cqdphotonics.codesign.device import Assessment
from cqdphotonics.codesign.directory import StudyDirectory
from cqdphotonics.codesign.evaluation import Evaluation, Outcome
from cqdphotonics.codesign.result import Design, StudyResult
from cqdphotonics.codesign.study import Study
from cqdphotonics.display import quantity
from cqdphotonics.errors import FileFormatError
from cqdphotonics.report.html import Responses, render, write_report
from cqdphotonics.report.svg import clean

STUDY = """
name: <b>A dot & a "disc"</b>
emitter: CsPbBr3-4K
component: disc
stack: sin-air
free:
  radius: {minimum: 0.2, maximum: 0.6, start: 0.3}
  stack.thickness: {minimum: 0.2, maximum: 0.4}
objective: {indistinguishability: 1, efficiency: 1}
collection: {na: 0.7}
search: {budget: 10, samples: 4, starts: 1}
"""
NA = np.array([0.1, 0.3, 0.5, 0.7, 0.9])


def vacuum_dipole(peak: float) -> xr.Dataset:
    """A horizontal dipole in vacuum (exact), its power multiplied by a Lorentzian line."""
    wavelength = np.linspace(0.49, 0.55, 61)
    purcell = 1 + peak / (1 + ((wavelength - 0.522) / 0.003) ** 2)
    theta = np.linspace(0, np.pi / 2, 91)
    # Azimuthal mean of (3/8π)(1 − sin²θ cos²φ), and its integral over the cone.
    power = 3 / (16 * np.pi) * (1 + np.cos(theta) ** 2)
    cosine = np.sqrt(1 - NA**2)
    inside = 3 / 8 * ((1 - cosine) + (1 - cosine**3) / 3)
    x, z = np.linspace(-1, 1, 81), np.linspace(-0.5, 0.5, 41)
    distance = np.hypot(*np.meshgrid(x, z)) + 0.05
    return xr.Dataset(
        {
            "purcell": ("wavelength", purcell),
            "purcell_uncertainty": ("wavelength", 0.05 * purcell),
            "radiated_up": ("wavelength", purcell * 0.45),
            "radiated_down": ("wavelength", purcell * 0.45),
            "radiated_side": ("wavelength", purcell * 0.1),
            "absorbed": ("wavelength", 0 * purcell),
            "collection": (("direction", "na"), np.stack([inside, inside])),
            "collection_uncertainty": (("direction", "na"), np.full((2, 5), 0.01)),
            "far_field": (("direction", "theta"), np.stack([power, power])),
            "field": (("x", "z"), (1 / distance**2).T),
            "epsilon": (("x", "z"), np.where(np.abs(np.meshgrid(x, z)[1]) < 0.15, 4.0, 1.0).T),
        },
        coords={
            "wavelength": wavelength,
            "direction": ["up", "down"],
            "na": NA,
            "theta": theta,
            "x": x,
            "z": z,
        },
    )


def response(peak: float) -> SimpleNamespace:
    return SimpleNamespace(data=vacuum_dipole(peak), provenance={"solver": {"meep": "1.25"}})


def assessment(fidelity: str, purcell: float, spread: float, converged: bool = True) -> Assessment:
    return Assessment(
        fidelity=fidelity,
        figures={
            "indistinguishability": quantity(purcell / (purcell + 4.25), spread / 100),
            "purcell": quantity(purcell, spread),
            "efficiency": quantity(0.61, spread / 50),
        },
        objective=quantity(0.61 * purcell / (purcell + 4.25), spread / 100),
        converged=converged,
        verdict="two grids agree within 4 %" if converged else "two grids differ by 40 %",
        seconds=12.0,
        job_hashes=("0123abcd",),
    )


@pytest.fixture
def result(tmp_path) -> StudyResult:
    history = [
        Evaluation("start", 1, {"radius": 0.3, "stack.thickness": 0.3}, Outcome(0.2, seconds=3.0)),
        Evaluation(
            "sample", 1, {"radius": 0.21, "stack.thickness": 0.3}, Outcome(None, "too <narrow>")
        ),
        Evaluation("search 1", 1, {"radius": 0.41, "stack.thickness": 0.31}, Outcome(0.43)),
    ]
    return StudyResult(
        study=Study.from_text(STUDY),
        directory=tmp_path,
        bare_indistinguishability=quantity(0.19, 0.01),
        start=Design("start", history[0].parameters, assessment("draft", 3, 0), None, "crashed"),
        best=Design(
            "best",
            history[2].parameters,
            assessment("draft", 12, 0),
            assessment("fine", 11.3, 0.4),
        ),
        history=tuple(history),
        note="",
        versions={"cqdphotonics": "0.1.0"},
    )


class Page(HTMLParser):
    """Collects what a browser would fetch, what is open, and the text."""

    VOID = ("meta", "br", "img", "link", "input", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name.split(":")[-1] in ("src", "href", "data", "srcset", "action") and value:
                self.fetched.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def html(result) -> str:
    return render(result, Responses(response(2.0), response(11.0)))  # type: ignore[arg-type]


def test_needs_nothing_from_outside(html):
    page = Page()
    page.feed(html)
    assert page.open == []  # every element is closed: the page is well-formed
    outside = [u for u in page.fetched if not u.startswith(("#", "data:"))]
    assert outside == []
    assert not re.search(r"@import|url\((?!#)|<script|http-equiv", html)


def test_ids_are_unique(html):
    """Two figures with one id would share a clip path in the browser."""
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for reference in re.findall(r"url\(#([^)]+)\)", html) + re.findall(r'href="#([^"]+)"', html):
        assert reference in ids


def test_escapes_what_the_user_wrote(html):
    assert "<b>A dot" not in html
    assert "&lt;b&gt;A dot &amp;" in html
    assert "too &lt;narrow&gt;" in html


def test_shows_the_numbers_with_their_uncertainty(html):
    page = Page()
    page.feed(html)
    text = re.sub(r"\s+", " ", page.text)
    assert "11.3 ± 0.4" in text  # the proof
    assert "12 (unverified)" in text  # the draft
    assert "two grids agree within 4 %" in text
    assert "verified at fine" in text
    assert "0.19 ± 0.01" in text


def test_says_what_is_not_verified(result):
    failed = Design(
        "best", result.best.parameters, result.best.draft, assessment("fine", 9, 4, converged=False)
    )
    changed = StudyResult(**{**result.__dict__, "best": failed})
    html = render(changed, Responses(None, None))
    assert "not verified" in html
    assert "two grids differ by 40 %" in html
    assert "NOT VERIFIED, the best design: two grids differ by 40 %" in changed.summary
    assert "NOT VERIFIED, the start design: crashed" in changed.summary


def test_svg_loses_what_only_a_document_needs():
    document = (
        '<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" width="9pt" '
        'viewBox="0 0 9 9"><metadata>who</metadata><path id="a" clip-path="url(#c)"/></svg>'
    )
    assert clean(document, "plot", 'a "plot"') == (
        '<svg viewBox="0 0 9 9" role="img" aria-label="a plot">'
        '<path id="plot-a" clip-path="url(#plot-c)"/></svg>'
    )


def test_result_comes_back_from_its_directory(result):
    directory = StudyDirectory(result.directory)
    directory.prepare(result.study)
    directory.write("result.json", json.dumps(result.to_record()))
    again = StudyResult.from_directory(result.directory)
    assert again.to_record() == result.to_record()
    assert again.summary == result.summary
    assert "11.3 ± 0.4" in again.summary


def test_a_study_without_result_has_no_report(result):
    StudyDirectory(result.directory).prepare(result.study)
    with pytest.raises(FileFormatError, match="no result yet"):
        write_report(result.directory)
