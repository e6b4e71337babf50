"""Reports: one self-contained HTML file, drawn from histories and study results only."""

from klayer.report.evidence import Evidence, evidence_of
from klayer.report.page import Image, Page, Part, render, study_page

__all__ = ["Evidence", "Image", "Page", "Part", "evidence_of", "render", "study_page"]
