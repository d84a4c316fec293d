"""Which device has a nominal design in which band, and why there is none where there is none."""

from dataclasses import dataclass

from cqdphotonics.nominal.design import NominalDesign, of_family


@dataclass(frozen=True)
class Band:
    """Where a kind of colloidal dot emits.

    Attributes
    ----------
    name : str
    ends : (float, float)
        Vacuum wavelengths in µm.
    dots : str
    """

    name: str
    ends: tuple[float, float]
    dots: str

    def holds(self, design: NominalDesign) -> bool:
        """Whether a design is for this band."""
        return self.ends[0] <= design.wavelength <= self.ends[1]


GREEN = Band("green", (0.48, 0.56), "CsPbBr3")
RED = Band("red", (0.60, 0.66), "CdSe/CdS, InP/ZnSe")
INFRARED = Band("near infrared", (0.90, 1.60), "PbS/CdS")
BANDS = (GREEN, RED, INFRARED)

_GOLD = "its stack is of gold, which absorbs there: interband transitions begin at .52 µm"
_LATER = "not designed; the dielectric devices are the ones for this band"
_DISC = "its gap in 3D costs 14 min of a core on one pixel: the disc is the patch of this band"

WITHOUT = {
    ("bowtie", GREEN): "its oblique flanks do not converge in the visible, see bowtie_630",
    ("nanopatch_disc", INFRARED): "pixels of the gap and a cell of two waves: hours of a core",
    ("nanopatch_cube", GREEN): _DISC,
    ("nanopatch_cube", INFRARED): "as the disc, and in 3D",
    ("nanocone_bullseye", GREEN): _GOLD,
    ("nanocone_bullseye", INFRARED): _LATER,
    ("nanohole_array", GREEN): _GOLD,
    ("nanohole_array", RED): (
        "gold's plasmon is so broad that the line did not settle on two grids: `cqd lattice "
        "nanohole_array -s gold-on-glass -w 0.63 -p period=0.34 -p radius=0.045 --fidelity "
        "standard`"
    ),
}
"""Why a device has no design in a band."""


def designs_in(component: str, band: Band) -> list[NominalDesign]:
    """The designs of a device in a band, by wavelength."""
    return [design for design in of_family(component) if band.holds(design)]
