"""From rates to photons: one excitation in coupled levels, exact by linear algebra."""

from cqdphotonics.quantum.dynamics import (
    emission_spectrum,
    filtered_emission,
    gated_emission,
    populations,
)
from cqdphotonics.quantum.emission import Emission, emission
from cqdphotonics.quantum.environment import Environment, Output, OutputEmission
from cqdphotonics.quantum.figures import Figures, figures
from cqdphotonics.quantum.fit import fit_environment
from cqdphotonics.quantum.interference import HomCorrelation, hom_correlation, hom_dip
from cqdphotonics.quantum.two_sources import two_source_visibility

__all__ = [
    "Emission",
    "Environment",
    "Figures",
    "HomCorrelation",
    "Output",
    "OutputEmission",
    "emission",
    "emission_spectrum",
    "figures",
    "filtered_emission",
    "fit_environment",
    "gated_emission",
    "hom_correlation",
    "hom_dip",
    "populations",
    "two_source_visibility",
]
