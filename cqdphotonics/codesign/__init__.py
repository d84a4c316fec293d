"""Co-design: from a study file to the best device, verified."""

from cqdphotonics.codesign.objective import FIGURES, Figure, Objective
from cqdphotonics.codesign.observer import Observer
from cqdphotonics.codesign.result import Design, StudyResult
from cqdphotonics.codesign.study import Study

__all__ = ["FIGURES", "Design", "Figure", "Objective", "Observer", "Study", "StudyResult"]
