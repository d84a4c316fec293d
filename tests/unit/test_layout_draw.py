"""The picture of a layout shows film where there is film, and holes where there are holes."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cqdphotonics import components
from cqdphotonics.errors import InputError, StorageError
from cqdphotonics.layout import draw_layout
from cqdphotonics.layout.draw import save_picture


def test_trenches_are_blank_and_ridges_are_not():
    figure = Figure(figsize=(6, 6), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw_layout(components.bullseye(radius=0.43, pitch=0.35, gap=0.15), axes)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())

    def is_blank(x, y):
        column, row = axes.transData.transform((x, y))
        return bool((pixels[pixels.shape[0] - 1 - round(row), round(column), :3] == 255).all())

    # Middles of centre disc, first trench, first ridge, second trench, and the frame; the
    # centre of the disc itself is under the mark of the dot.
    radii = [0.3, 0.505, 0.68, 0.855, 2.5]
    assert [is_blank(0.0, r) for r in radii] == [False, True, False, True, False]
    assert [is_blank(-r, 0.0) for r in radii] == [False, True, False, True, False]


def test_a_picture_needs_a_format_and_a_place(tmp_path):
    with pytest.raises(InputError, match="picture format"):
        save_picture(components.disc(), tmp_path / "disc.gds")
    with pytest.raises(StorageError, match="can't be written"):
        save_picture(components.disc(), "/proc/nowhere/disc.png")
