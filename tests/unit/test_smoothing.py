"""Layers that stand for horizontal faces between pixels."""

import pytest
from fdtd_jobs import CONDUCTOR, dielectric, layer, make_job

from cqdphotonics.fdtd.job import CylinderSpec, Job, MediumSpec, PoleSpec
from cqdphotonics.fdtd.smoothing import thin_layers


def film_job(low: float, high: float, film: MediumSpec | None = None, **fields) -> Job:
    media = {"air": dielectric(1.0), "film": film or dielectric(2.0)}
    given = {
        "half_width": 1.0, "below": 0.5, "above": 0.5, "pml": 0.5, "box": (0.8, 0, 0.4, 0.4),
        "media": media, "background": "air", "solids": (layer("film", low, high),),
    }  # fmt: skip
    return make_job("x", (1.0,), 20, **{**given, **fields})


def test_a_face_between_pixels_is_an_average_of_the_pixel_about_each_component():
    """Pixels of 1/20: one about z = .15 that ends at .175 is four fifths full up to .165."""
    layers = {round(t.height, 4): t for t in thin_layers(film_job(-0.5, 0.165))}
    fill = {0.15: 0.8, 0.175: 0.3}
    for height, share in fill.items():
        assert layers[height].along == pytest.approx(4 * share + 1 - share)
        assert layers[height].across == pytest.approx(1 / (share / 4 + 1 - share))
    # The pixels about .125 and .2 are whole.
    assert {round(h, 4) for h in layers if h > 0} == set(fill)


def test_a_face_on_a_grid_point_is_half_and_half_there():
    (lower, upper) = thin_layers(film_job(-0.15, 0.15))
    assert (lower.height, upper.height) == pytest.approx((-0.15, 0.15))
    assert upper.along == pytest.approx(2.5)
    assert upper.across == pytest.approx(1.6)
    assert upper.radius is None
    assert upper.thickness == pytest.approx(1 / 40)


def test_a_cell_off_the_middle_keeps_the_components_where_they_are():
    """Meep's origin is the middle of the cell: .1 above the emitter here, still a pixel's edge."""
    heights = [t.height for t in thin_layers(film_job(-0.5, 0.165, below=0.4, above=0.6))]
    assert [h for h in heights if h > 0] == pytest.approx([0.15, 0.175])


def test_layers_follow_the_discs():
    """A leaning disc with a hole: from outside air, mixture, and air inside the hole."""
    solids = (
        CylinderSpec(
            medium="film", centre=(0, 0, 0), radius=0.42, radius_top=0.38, height=0.3
        ),
        CylinderSpec(medium="air", centre=(0, 0, 0), radius=0.1, radius_top=0.12, height=0.3),
    )  # fmt: skip
    top = [t for t in thin_layers(film_job(0, 1, solids=solids)) if t.height > 0]
    assert [t.radius for t in top] == pytest.approx([None, 0.38, 0.12])
    assert [t.medium for t in top] == ["air", None, "air"]
    assert top[1].along == pytest.approx(2.5)


def test_films_thinner_than_a_pixel_count_with_their_share():
    """A hundredth of a micrometre in a pixel of a twentieth is a fifth of it."""
    layers = {round(t.height, 4): t.along for t in thin_layers(film_job(-0.005, 0.005))}
    assert layers[0.0] == pytest.approx(4 * 0.2 + 0.8)


def test_conductors_are_left_alone():
    assert thin_layers(film_job(-0.15, 0.165, CONDUCTOR)) == []


def test_metal_comes_with_its_share():
    """Half of the poles where the face is on a grid point, none for less than a third."""
    pole = PoleSpec(kind="drude", frequency=7, gamma=0.1, sigma=1)
    metal = MediumSpec(label="metal", epsilon=3.0, poles=(pole,))
    layers = {round(t.height, 4): t for t in thin_layers(film_job(-0.15, 0.165, metal))}
    face = layers[-0.15]
    assert face.poles == (pole,)
    assert (face.poles_along, face.along) == pytest.approx((0.5, 2.0))
    # The pixel about .15 is .8 metal; the one about .175 .3; that about .2 has none.
    assert layers[0.15].poles_along == pytest.approx(0.8)
    assert layers[0.175].poles_along == 0
    assert layers[0.175].poles_across == 0
    assert 0.2 not in layers
