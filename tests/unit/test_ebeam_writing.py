"""Write fields, shots, time, and the files of a corrected layer."""

import pytest
from klayout import db

from cqdphotonics.errors import InputError, StorageError
from cqdphotonics.layout import ebeam

FIELD = ebeam.Process(write_field=100.0)


def chip(*places, size=10.0, layer=(1, 0), array=None):
    """A chip with one device, a square about its origin, at each place."""
    layout = db.Layout()
    layout.dbu = 0.001
    device = layout.create_cell("square")
    half = size / 2
    device.shapes(layout.layer(*layer)).insert(db.DBox(-half, -half, half, half))
    top = layout.create_cell("chip")
    for place in places:
        top.insert(db.DCellInstArray(device, db.DTrans(db.DVector(*place))))
    if array:
        columns, pitch = array
        top.insert(
            db.DCellInstArray(
                device, db.DTrans(), db.DVector(pitch, 0), db.DVector(0, pitch), columns, columns
            )
        )
    top.keep = layout
    return top


def test_a_device_across_a_seam_is_found_with_its_place():
    (found,) = ebeam.fields(chip((0, 0), (48, 20)), FIELD)
    assert found.device == "square[1]"
    assert found.position == (48, 20)
    assert (found.axis, found.seam) == ("x", 50)
    assert found.spans[0] == pytest.approx((15, 25))
    assert found.layers == ((1, 0),)
    assert "x = 50.000 µm at y = 15.000 to 25.000" in str(found)


def test_a_device_that_touches_a_seam_is_not_across_it():
    assert ebeam.fields(chip((45, 0), (55, 0), (0, 45)), FIELD) == []


def test_a_seam_through_a_gap_of_the_device_cuts_nothing():
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell("pair")
    for x in (40, 52):
        cell.shapes(layout.layer(1, 0)).insert(db.DBox(x, 0, x + 8, 5))
    assert ebeam.fields(cell, FIELD) == []
    cell.shapes(layout.layer(1, 0)).insert(db.DBox(40, 2, 60, 3))
    (found,) = ebeam.fields(cell, FIELD)
    assert found.spans[0] == pytest.approx((2, 3))


def test_at_a_corner_of_four_fields_both_seams_are_told():
    assert {(c.axis, c.seam) for c in ebeam.fields(chip((50, -50)), FIELD)} == {
        ("x", 50), ("y", -50)
    }  # fmt: skip


def test_the_origin_of_the_fields_moves_the_seams():
    shifted = ebeam.Process(write_field=100.0, field_origin=(48, 20))
    assert ebeam.fields(chip((48, 20)), shifted) == []


def test_turned_devices_and_arrays():
    layout = db.Layout()
    layout.dbu = 0.001
    bar = layout.create_cell("bar")
    bar.shapes(layout.layer(1, 0)).insert(db.DBox(0, 0, 20, 1))
    top = layout.create_cell("top")
    upwards = db.DTrans(1, False, db.DVector(10, 40))
    top.insert(db.DCellInstArray(bar, upwards))
    (found,) = ebeam.fields(top, FIELD)
    assert (found.axis, found.seam) == ("y", 50)
    assert found.spans[0] == pytest.approx((9, 10))
    # Squares of 10 µm at multiples of 20 stay off seams at odd multiples of 50; at multiples of 25
    # two columns and two rows of eight lie on them.
    assert ebeam.fields(chip(array=(8, 20)), FIELD) == []
    crossings = ebeam.fields(chip(array=(8, 25)), FIELD)
    assert len(crossings) == 2 * 8 + 2 * 8


def test_a_floorplan_is_not_written():
    assert ebeam.fields(chip((48, 0), layer=(99, 0)), FIELD) == []


def test_estimate_is_the_formula():
    """100 squares of 100 µm²: 300 µC/cm² on 10⁴ µm² at 2 nA are 3·10⁻² µC, so 15 s."""
    process = ebeam.Process(
        base_dose=300, beam_current=2, settling_time=1e-3, stage_time=0.5, write_field=100
    )
    result = ebeam.estimate(chip(array=(10, 20)), (1, 0), process)
    assert (result.vertices, result.shots) == (400, 100)
    assert result.area == pytest.approx(1e4)
    assert result.exposure_seconds == pytest.approx(15)
    assert result.settling_seconds == pytest.approx(0.1)
    # From -5 to 185 µm: fields of -50…50, 50…150, 150…250 along x and along y.
    assert result.fields == 9
    assert result.seconds == pytest.approx(15 + 0.1 + 9 * 0.5)


def test_shapes_are_united_before_they_are_counted():
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell("two")
    for x in (0, 5):
        cell.shapes(layout.layer(1, 0)).insert(db.DBox(x, 0, x + 10, 4))
    result = ebeam.estimate(cell, (1, 0))
    assert (result.shots, result.vertices) == (1, 4)
    assert result.area == pytest.approx(60)


def test_cells_in_cells_count_as_often_as_they_are_placed():
    row = chip((0, 0), (20, 0), (40, 0))
    layout = row.layout()
    top = layout.create_cell("rows")
    for k in range(4):
        top.insert(db.DCellInstArray(row, db.DTrans(db.DVector(0, 30 * k))))
    assert ebeam.estimate(top, (1, 0)).shots == 12


def test_a_corrected_layer_takes_its_doses_time():
    cell = chip((0, 0), size=2.0)
    correction = ebeam.correct(cell, (1, 0))
    result = correction.estimate()
    charge = sum(one.charge_density * one.area for one in correction.doses) * 1e-8
    assert result.exposure_seconds == pytest.approx(charge / 1e-3)
    assert result.area == pytest.approx(4.0, rel=1e-3)
    assert result.shots == sum(one.shots for one in correction.doses)


def test_files_are_whole_and_the_same_twice(tmp_path):
    cell = chip((0, 0), size=0.6)
    first = ebeam.correct(cell, (1, 0)).write(tmp_path / "a")
    second = ebeam.correct(cell, (1, 0)).write(tmp_path / "b.gds")
    assert first[0].name == "a.gds"
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
    rows = first[1].read_text().splitlines()
    assert rows[0] == "layer,datatype,relative_dose,dose_uC_per_cm2,shots,area_um2"
    assert rows[1].startswith("1,100,")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.doses.csv", "a.gds", "b.doses.csv", "b.gds"
    ]  # fmt: skip


def test_files_that_cant_be_written(tmp_path):
    correction = ebeam.correct(chip((0, 0), size=0.6), (1, 0))
    with pytest.raises(InputError, match=r"\.gds or \.oas"):
        correction.write(tmp_path / "a.txt")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        correction.write(tmp_path / "file" / "a.gds")


def test_no_more_classes_than_allowed():
    process = ebeam.Process(dose_classes=5)
    correction = ebeam.correct(chip((0, 0), size=2.0), (1, 0), process)
    assert len(correction.doses) <= 5
    assert [one.layer for one in correction.doses] == [
        (1, 100 + k) for k in range(len(correction.doses))
    ]
    doses = [one.dose for one in correction.doses]
    assert doses == sorted(doses)
