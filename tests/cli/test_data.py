"""`klayer data`: what a source holds, in words, as JSON, as a picture."""

from pathlib import Path

import numpy as np
import pytest

from klayer.data import load_data
from klayer.plots.samples import COLUMNS, draw_samples
from tests.conftest import Program
from tests.data.makers import class_folders, write_folder, write_zip


def test_json_holds_counts_shapes_and_the_balance_of_the_classes(klayer: Program) -> None:
    found = klayer.json("data", "info", "digits", "--validation", "300", "--test", "0.1")
    assert (found["rows"], found["features"], found["dtype"]) == (1797, 64, "uint8")
    assert (found["training"], found["validation"], found["test"]) == (1317, 300, 180)
    assert found["picture"] == [8, 8, 1]
    assert [one["label"] for one in found["classes"]] == list(range(10))
    for part in ("training", "validation", "test"):
        assert sum(one[part] for one in found["classes"]) == found[part]
    assert len(found["fingerprint"]) == 64


def test_words_name_every_class_with_its_rows(klayer: Program, tmp_path: Path) -> None:
    path = write_folder(tmp_path / "pets", class_folders(each=10))
    assert klayer("data", "info", path, "--stratify", "--validation", "4", "--test", "4") == 0
    lines = klayer.out.splitlines()
    assert any("60 (4 × 5 pixels, colour)" in line for line in lines)
    for name in ("cat", "dog"):
        (line,) = (line for line in lines if line.startswith(f"│ {name}"))
        assert [cell.strip() for cell in line.split("│")[2:6]] == ["6", "2", "2", "50.0 %"]
    assert klayer.error == ""


def test_names_of_classes_are_shown_as_they_are(klayer: Program, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,kind\n" + "1,[red]x[/]\n2,[/y]\n" * 10)
    assert klayer("data", "info", path, "--target", "kind") == 0
    assert "[red]x[/]" in klayer.out
    assert "[/y]" in klayer.out


def test_a_table_is_described_by_its_target(klayer: Program, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,kind\n" + "1,2,x\n2,2,y\n" * 10)
    found = klayer.json("data", "info", path, "--target", "kind")
    assert found["feature_names"] == ["a", "b"]
    assert found["constant_features"] == 1
    assert [one["name"] for one in found["classes"]] == ["x", "y"]


def test_the_picture_has_a_line_for_each_class_with_its_pictures(
    klayer: Program, tmp_path: Path
) -> None:
    path = write_folder(tmp_path / "pets", class_folders(each=6))
    picture = tmp_path / "samples.png"
    assert klayer("data", "info", path, "--picture", picture, "--json") == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    data = load_data(path, validation=2, test=0)
    panels = draw_samples(data).axes
    assert len(panels) == 2 * COLUMNS
    for line, name in enumerate(("cat", "dog")):
        shown = panels[line * COLUMNS : (line + 1) * COLUMNS]
        assert shown[0].texts[0].get_text() == name
        rows = data.training[data.samples.y[data.training] == line]
        drawn = {
            np.rint(255 * np.asarray(panel.images[0].get_array()).transpose(2, 0, 1)).tobytes()
            for panel in shown
            if panel.images
        }
        assert drawn == {data.samples.X[row].astype(np.float64).tobytes() for row in rows}


def test_a_table_has_no_picture(klayer: Program, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,kind\n" + "1,x\n2,y\n" * 10)
    picture = tmp_path / "a.png"
    assert klayer("data", "info", path, "--target", "kind", "--picture", picture) == 2
    assert "samples can be drawn where rows are pictures" in klayer.error
    assert not picture.exists()


def test_a_picture_that_cannot_be_written_is_said(klayer: Program, tmp_path: Path) -> None:
    assert klayer("data", "info", "digits", "--picture", tmp_path / "no" / "a.png") == 2
    assert "must be written, but cannot be: No such file" in klayer.error


def test_pictures_are_png_files_only(klayer: Program, tmp_path: Path) -> None:
    source = write_zip(tmp_path / "pets.zip", class_folders())
    before = source.read_bytes()
    assert klayer("data", "info", source, "--picture", source) == 2
    assert "`--picture` must end in .png" in klayer.error
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["info", "digit"], "or an existing path, but got 'digit'; did you mean digits?"),
        (["info", "nowhere.zip"], "or an existing path, but got 'nowhere.zip'"),
        (["info", "digits", "--validation", "2000"], "`validation` must leave rows to train on"),
        (["info", "digits", "--validation", "many"], "must be a number of rows or a share"),
        (["info", "digits", "--target", "x"], "`target` must be left out unless SOURCE is a table"),
        (["info", "digits", "--seed", "-1"], "`seed` must be a whole number of at least 0"),
        (["info", "digits", "--pictur", "x"], "did you mean --picture?"),
        (["get", "digits"], "NAME must be cifar10, but got 'digits'; digits needs no download"),
        (["get", "mnist"], "NAME must be cifar10, but got 'mnist'"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    klayer: Program, arguments: list[str], sentence: str
) -> None:
    assert klayer("data", *arguments) == 2
    assert sentence in klayer.error
    assert klayer.error.count("\n") == 1
    assert klayer.out == ""


@pytest.mark.parametrize("command", [["data", "info"], ["data", "get"]])
def test_help_has_an_example(klayer: Program, command: list[str]) -> None:
    assert klayer(*command, "--help") == 0
    assert f"Example: klayer {' '.join(command)}" in klayer.out
