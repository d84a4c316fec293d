"""From rates to photons: one excitation in coupled levels, exact by linear algebra."""

from cqdphotonics.quantum.emission import Emission, emission
from cqdphotonics.quantum.environment import Environment, Output, OutputEmission

__all__ = [
    "Emission",
    "Environment",
    "Output",
    "OutputEmission",
    "emission",
]
