"""Matplotlib figures as SVG that lives inside a page: small, themed by the page, self-contained.

Text stays text. Ink and grid are drawn in marker colours that become the page's own, so that a
figure follows the page from light to dark. Nothing refers to anything outside of the SVG.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INK = "#1a1b1c"
FAINT = "#a1a2a3"
BEST = "#2f74b5"
START = "#c4702b"
GOOD = "#3b8a5a"
BAD = "#b8433f"
"""Readable on white and on near-black; blue and orange differ also for the colour-blind."""

_STYLE = {
    "svg.fonttype": "none",
    "font.family": ["sans-serif"],
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@contextmanager
def drawing(width: float = 6.0, height: float = 3.4, **more: Any) -> Iterator[tuple[Any, Any]]:
    """A figure of `width` × `height` inches with one axes in the report's style.

    Yields
    ------
    figure, axes
        To be drawn on; pass the figure to `to_svg` before the block ends.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(**more)


def to_svg(figure: Any, name: str, description: str) -> str:
    """The figure as an ``<svg>`` element for a page.

    Parameters
    ----------
    figure : matplotlib Figure
        What was drawn.
    name : str
        Unique on the page; keeps the ids of two figures apart.
    description : str
        What a reader who can't see it is told.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return clean(buffer.getvalue(), name, description)


def clean(svg: str, name: str, description: str) -> str:
    """Take from an SVG document what does not belong inside a page, and give it a description."""
    text = svg[svg.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = text.replace(INK, "currentColor").replace(FAINT, "var(--faint)")
    # The page decides about width; the viewBox keeps the shape.
    head, tail = text.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    label = re.sub(r'[<>&"]', "", description)
    return f'{head} role="img" aria-label="{label}">{tail}'
