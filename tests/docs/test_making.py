"""What is made for the site, and that a mistake in it does not pass in silence."""

from pathlib import Path

import griffe
import pytest

import klayer
from docs.making import code
from docs.making.commands import commands_page
from docs.making.formulas import mathml, with_formulas
from docs.making.reference import faults, faults_of, rooms
from klayer.cli.main import COMMANDS


def test_every_public_name_has_words_and_every_public_function_an_example() -> None:
    assert list(faults()) == []


def test_every_name_of_klayer_stands_on_the_first_page_of_the_reference() -> None:
    assert list(rooms()[0].homes) == klayer.__all__


def test_every_name_of_every_room_stands_in_the_reference() -> None:
    from importlib import import_module

    for room in rooms()[1:]:
        listed = getattr(import_module(room.path), "__all__", None)
        if listed is not None:
            assert {*room.homes, *room.elsewhere} == set(listed), room.path
    assert len(rooms()) > 15


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f(): 'Say something.'", "a public function must have an example that runs"),
        ("def f(): pass", "a public name must have a docstring"),
        ("f = 1", "a public name must have a docstring"),
        ("class f: pass", "a public name must have a docstring"),
        ("def f(): '>>> f()'", None),
        ("f = 1\n'''One.'''", None),
    ],
)
def test_an_undocumented_name_is_found(source: str, fault: str | None) -> None:
    with griffe.temporary_visited_module(source) as module:
        found = list(faults_of("klayer.f", module["f"]))
    assert found == ([] if fault is None else [f"{fault}, but klayer.f has none"])


def test_every_command_has_a_section_with_its_options() -> None:
    page = commands_page()
    for name in COMMANDS:
        assert f"\n## klayer {name.replace('_', '-')}" in page
    assert (
        "| `--step-size STEPS` | Half a cycle, in updates. | 2250, or half of fewer --steps, --epochs |"
        in page
    )
    assert "[default" not in page


def test_code_that_is_not_there_is_found() -> None:
    with pytest.raises(LookupError, match=r"names code that is not there: affine\.forward"):
        code.with_code("<!-- code: src/klayer/layers/affine.py affine.forward -->")


def test_code_is_the_function_without_words_and_inner_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "ROOT", tmp_path)
    source = 'def f(x):\n    """Say."""\n    y = x\n\n    def g():\n        return y  # yes\n\n    return g\n'
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert code.code_of("a.py", "f") == ("y = x\n\nreturn g", 3)
    assert code.code_of("a.py", "f.g") == ("return y  # yes", 6)


def test_a_formula_that_is_not_understood_is_found() -> None:
    assert "<mi>γ</mi>" in mathml(r"\gamma", block=False)
    with pytest.raises(ValueError, match="must be LaTeX that is understood"):
        mathml(r"\gamme", block=False)


def test_a_formula_in_a_page_becomes_mathml() -> None:
    html = with_formulas(r'<p>x <span class="arithmatex">\(a &lt; b\)</span></p>')
    assert html.endswith("<mi>a</mi><mo>&lt;</mo><mi>b</mi></math></span></p>")
    assert r"\(" not in html
