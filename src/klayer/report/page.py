"""A page: what was asked, the answer, its evidence; written as one HTML file with all it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from klayer.plots.studies import draw
from klayer.plots.svg import svg
from klayer.report.evidence import Evidence
from klayer.studies.answer import Answer, Table


@dataclass(frozen=True)
class Image:
    """A picture on a page.

    Attributes:
        markup: an <svg> or <img> element.
        caption: what it shows.
    """

    markup: str
    caption: str


@dataclass(frozen=True)
class Part:
    """A part of a page: words, tables and pictures under one heading."""

    heading: str
    words: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    images: tuple[Image, ...] = ()


@dataclass(frozen=True)
class Page:
    """All that a page says.

    Attributes:
        title: of the page.
        question: what was asked.
        answer: in a sentence.
        parts: its tables and pictures.
        evidence: where the figures come from.
    """

    title: str
    question: str
    answer: str
    parts: tuple[Part, ...]
    evidence: Evidence


def render(page: Page) -> str:
    """Return the page as HTML: no script, nothing from elsewhere, light or dark as the reader's.

    Example:
        >>> from klayer.report import evidence_of
        >>> evidence = evidence_of(["check"], "synthetic", [0], "reference", 1.0, 0)
        >>> html = render(Page("A title", "A question?", "An answer < 1.", (), evidence))
        >>> "An answer &lt; 1." in html, "<script" in html
        (True, False)
    """
    from jinja2 import Environment, StrictUndefined

    template = files("klayer.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template).render(page=page)


def study_page(answer: Answer, evidence: Evidence) -> Page:
    """Return the page of a study's answer, its pictures drawn.

    Example:
        >>> from klayer.report import evidence_of
        >>> evidence = evidence_of(["study"], "digits", [0], "reference", 1.0, 0)
        >>> study_page(Answer("init", "A question?", "An answer.", (), {}), evidence).answer
        'An answer.'
    """
    parts = []
    for section in answer.sections:
        images = [
            Image(svg(draw(picture), picture.name, picture.title), picture.title)
            for picture in section.pictures
        ]
        parts.append(Part(section.heading, section.words, section.tables, tuple(images)))
    return Page(answer.title, answer.question, answer.sentence, tuple(parts), evidence)


def pictures_of(answer: Answer) -> Sequence[tuple[str, bytes]]:
    """Return a study's pictures as PNG files: name and content."""
    from klayer.plots import png

    return [
        (f"{picture.name}.png", png(draw(picture)))
        for section in answer.sections
        for picture in section.pictures
    ]
