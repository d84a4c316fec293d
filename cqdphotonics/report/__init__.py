"""Reports: one self-contained HTML file for a study, and the figures in it."""

from cqdphotonics.report.html import write_report

__all__ = ["write_report"]
