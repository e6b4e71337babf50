"""`klayer predict`: the model's answers, whole files or none, memory that does not grow."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from klayer import load_data
from klayer.architecture import Architecture
from klayer.data.cifar10 import read_cifar10
from klayer.data.encoding import Categories, Encoding, Number
from klayer.models import Model, load_model
from tests.conftest import Program
from tests.data.makers import (
    cifar10_files,
    class_folders,
    write_folder,
    write_tar,
    write_zip,
)
from tests.models.made import made_model

ENCODING = Encoding(
    (Number("age", 4.0, indicator=True), Categories("kind", ("cat", "dog")))  # 4 features
)
NEW = "note,kind,age\nfirst,cat,1\n,cow,?\nthird,dog,2.5\nfourth,,\n"


@pytest.fixture
def model() -> Model:
    made = made_model(Architecture(4, (6,), 3, batch_norm=True), networks=3)
    return replace(made, encoding=ENCODING, feature_names=ENCODING.feature_names)


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "m.safetensors")
    return tmp_path / "m.safetensors"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_text(NEW)
    return path


def read(text: str) -> pl.DataFrame:
    return pl.read_csv(io.StringIO(text))


def test_answers_are_the_models_row_by_row(
    klayer: Program, model: Model, saved: Path, new: Path
) -> None:
    assert klayer("predict", saved, new, "--probabilities", "--keep", "note") == 0
    found, table = read(klayer.out), pl.read_csv(new, null_values="?")
    assert found.columns == ["note", "prediction", "probability", "spread", "p_a", "p_b", "p_c"]
    assert found["note"].to_list() == ["first", None, "third", "fourth"]
    assert found["prediction"].to_list() == model.predict(table).tolist()
    each = model.predict_proba(table, per_network=True)
    chosen = each.mean(axis=0).argmax(axis=1)
    assert found[:, 4:].to_numpy() == pytest.approx(each.mean(axis=0), rel=1e-12)
    assert found["probability"].to_numpy() == pytest.approx(each.mean(axis=0).max(axis=1))
    spread = each[:, range(4), chosen].std(axis=0)
    assert found["spread"].to_numpy() == pytest.approx(spread)
    assert "4 rows" in klayer.error


def test_cells_may_be_separated_otherwise_and_have_decimal_commas(
    klayer: Program, saved: Path, new: Path, tmp_path: Path
) -> None:
    assert klayer("predict", saved, new) == 0
    expected = klayer.out
    other = tmp_path / "new.tsv"
    other.write_text(NEW.replace(",", ";").replace("2.5", "2,5"))
    assert klayer("predict", saved, other) == 0
    assert klayer.out == expected


def test_texts_that_no_training_row_had_are_counted(
    klayer: Program, saved: Path, new: Path
) -> None:
    assert klayer("predict", saved, new) == 0
    assert "1 of 4 cells of 'kind' are texts that no training row had, 'cow' the" in klayer.error
    new.write_text(NEW.replace("cow", "cat"))
    assert klayer("predict", saved, new) == 0
    assert "no training row" not in klayer.error


def test_long_rows_are_separated_as_short_ones(klayer: Program, saved: Path, new: Path) -> None:
    assert klayer("predict", saved, new) == 0
    expected = klayer.out
    names, *rows = NEW.replace(",", ";").splitlines()
    long = "".join(f"{'x' * 100_000};" for _ in range(6))
    new.write_text("\n".join(["m1;m2;m3;m4;m5;m6;" + names, *(long + row for row in rows)]))
    assert klayer("predict", saved, new) == 0
    assert klayer.out == expected


def test_blank_lines_at_the_end_are_no_rows(klayer: Program, saved: Path, new: Path) -> None:
    assert klayer("predict", saved, new) == 0
    expected = klayer.out
    for more in ("\n\n", "\r\n\n"):
        new.write_text(NEW + more)
        assert klayer("predict", saved, new) == 0
        assert klayer.out == expected


def test_the_best_network_alone_has_no_spread(
    klayer: Program, model: Model, saved: Path, new: Path
) -> None:
    assert klayer("predict", saved, new, "--best", "--probabilities") == 0
    found = read(klayer.out)
    assert found.columns == ["prediction", "probability", "p_a", "p_b", "p_c"]
    table = pl.read_csv(new, null_values="?")
    best = model.predict_proba(table, per_network=True)[model.best]
    assert found[:, 2:].to_numpy() == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl", "ndjson"])
def test_every_format_holds_the_same(
    klayer: Program, saved: Path, new: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out.{suffix}"
    said = klayer.json("predict", saved, new, "--out", out)
    assert (said["rows"], said["out"]) == (4, str(out))
    readers: dict[str, Any] = {"csv": pl.read_csv, "parquet": pl.read_parquet}
    found = readers.get(suffix, pl.read_ndjson)(out)
    assert klayer("predict", saved, new) == 0
    assert found.equals(read(klayer.out))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "m.safetensors",
        "new.csv",
        out.name,
    ]


def test_parquet_and_standard_input_give_what_a_csv_gives(
    klayer: Program, saved: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert klayer("predict", saved, new) == 0
    expected = klayer.out
    pl.read_csv(new, null_values="?").write_parquet(tmp_path / "new.parquet")
    assert klayer("predict", saved, tmp_path / "new.parquet") == 0
    assert klayer.out == expected
    stream = io.TextIOWrapper(io.BytesIO(NEW.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert klayer("predict", saved, "-") == 0
    assert klayer.out == expected


def test_many_parts_are_answered_in_order(
    klayer: Program, model: Model, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages = [k / 7 for k in range(500)]
    path = tmp_path / "long.csv"
    path.write_text("age,kind,id\n" + "".join(f"{age},dog,{k}\n" for k, age in enumerate(ages)))
    monkeypatch.setattr("klayer.data.incoming.BLOCK_BYTES", 1000)
    monkeypatch.setattr("klayer.models.answers.CHUNK_BYTES", 8 * 9 * 7)
    arguments = ["--out", tmp_path / "o.parquet", "--keep", "id"]
    assert klayer("predict", saved, path, *arguments) == 0
    found = pl.read_parquet(tmp_path / "o.parquet")
    assert found["id"].to_list() == [str(k) for k in range(500)]
    table = pl.DataFrame({"age": ages, "kind": ["dog"] * 500})
    assert found["probability"].to_numpy() == pytest.approx(
        model.predict_proba(table).max(axis=1), rel=1e-6
    )


def test_pictures_are_answered_by_their_names(klayer: Program, tmp_path: Path) -> None:
    made = made_model(Architecture(60, (5,), 2))
    model = replace(made, picture=(4, 5, 3))
    model.save(tmp_path / "m.safetensors")
    files = class_folders(each=2)
    folder, archive = write_folder(tmp_path / "a", files), write_zip(tmp_path / "a.zip", files)
    assert klayer("predict", tmp_path / "m.safetensors", folder) == 0
    found, said = read(klayer.out), klayer.out
    assert found["file"].to_list() == sorted(files)
    assert klayer("predict", tmp_path / "m.safetensors", archive) == 0
    assert klayer.out == said
    assert klayer("predict", tmp_path / "m.safetensors", archive, "--keep", "x") == 2
    assert "`--keep` must be label for pictures, but got 'x'" in klayer.error


def test_pictures_stand_beside_their_labels_and_one_alone_is_enough(
    klayer: Program, tmp_path: Path
) -> None:
    model = replace(made_model(Architecture(60, (5,), 2)), picture=(4, 5, 3))
    model.save(tmp_path / "m.safetensors")
    archive = write_zip(tmp_path / "a.zip", class_folders(each=2))
    given = ["predict", tmp_path / "m.safetensors"]
    assert klayer(*given, archive, "--keep", "label", "--probabilities") == 0
    found = read(klayer.out)
    assert found["label"].to_list() == [name.split("/")[-2] for name in found["file"].to_list()]
    name = found["file"][0]
    with zipfile.ZipFile(archive) as files:
        files.extract(name, tmp_path)
    assert klayer(*given, tmp_path / name, "--probabilities") == 0
    alone = read(klayer.out)
    assert alone["file"].to_list() == [Path(name).name]
    assert alone.drop("file").rows() == found.drop("file", "label").rows()[:1]
    assert klayer(*given, tmp_path / name, "--keep", "label") == 2
    assert "for its label a picture must lie in a folder of its class" in klayer.error


def test_arrays_are_answered_beside_what_is_kept_of_them(klayer: Program, tmp_path: Path) -> None:
    model = made_model(Architecture(4, (5,), 3))
    model.save(tmp_path / "m.safetensors")
    X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    np.savez(tmp_path / "x.npz", X=X, id=np.arange(30))
    assert klayer("predict", tmp_path / "m.safetensors", tmp_path / "x.npz", "--keep", "id") == 0
    found = read(klayer.out)
    assert found.columns == ["id", "prediction", "probability"]
    assert found["id"].to_list() == list(range(30))
    assert found["prediction"].to_list() == model.predict(X).tolist()
    assert found["probability"].to_numpy() == pytest.approx(model.predict_proba(X).max(axis=1))


def test_the_digits_are_answered_beside_their_labels(klayer: Program, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert klayer("train", "digits", "--hidden", "20", "--step-size", "60", "--out", run) == 0
    assert klayer("predict", run, "digits", "--keep", "label") == 0
    found, data = read(klayer.out), load_data("digits")
    assert found["label"].to_list() == data.labels[data.samples.y].tolist()
    assert found["prediction"].to_list() == load_model(run).predict(data.samples.X).tolist()


@pytest.mark.parametrize("kind", ["folder", "tar", "cifar10"])
def test_cifar10_is_answered_wherever_train_would_find_it(
    klayer: Program, tmp_path: Path, kind: str
) -> None:
    files = cifar10_files("binary", rows=10)
    model = made_model(Architecture(3072, (3,), 10))
    model.save(tmp_path / "m.safetensors")
    folder = write_folder(tmp_path / "data" / "cifar-10-batches-bin", files)
    places: dict[str, list[object]] = {
        "folder": [tmp_path / "data"],
        "tar": [write_tar(tmp_path / "a.tar.gz", files)],
        "cifar10": ["cifar10", "--data-dir", tmp_path / "data"],
    }
    assert klayer("predict", tmp_path / "m.safetensors", *places[kind], "--keep", "label") == 0
    source = read_cifar10(folder)
    assert read(klayer.out)["prediction"].to_list() == model.predict(source.X).tolist()
    assert read(klayer.out)["label"].to_list() == source.labels.tolist()


def test_a_model_of_plain_rows_takes_a_column_for_each_feature(
    klayer: Program, tmp_path: Path
) -> None:
    model = made_model(Architecture(4, (5,), 3))
    model.save(tmp_path / "m.safetensors")
    X = np.array([[1, 2, 3, 4.5], [0, 1, 0, 1]])
    path = tmp_path / "x.csv"
    path.write_text(
        "id,a,b,c,d\n" + "".join(f"r,{','.join(map(str, row))}\n" for row in X.tolist())
    )
    assert klayer("predict", tmp_path / "m.safetensors", path, "--keep", "id") == 0
    assert read(klayer.out)["prediction"].to_list() == model.predict(X).tolist()
    assert klayer("predict", tmp_path / "m.safetensors", path) == 2
    assert "a column for each of its 4 features, but" in klayer.error
    path.write_text("a,b,c,d\n1,2,3,4\n1,,3,4\n")
    assert klayer("predict", tmp_path / "m.safetensors", path) == 2
    assert "column 'b', row 2 of" in klayer.error


def test_names_of_features_find_their_columns(klayer: Program, tmp_path: Path) -> None:
    model = replace(made_model(Architecture(4, (5,), 3)), feature_names=("a", "b", "c", "d"))
    model.save(tmp_path / "m.safetensors")
    path = tmp_path / "x.csv"
    path.write_text("d,id,c,b,a\n4.5,7,3,2,1\n1,8,0,1,0\n")
    assert klayer("predict", tmp_path / "m.safetensors", path, "--probabilities") == 0
    expected = model.predict_proba(np.array([[1, 2, 3, 4.5], [0, 1, 0, 1]]))
    assert read(klayer.out)[:, 2:].to_numpy() == pytest.approx(expected, rel=1e-12)
    path.write_text("d,c,b\n4.5,3,2\n")
    assert klayer("predict", tmp_path / "m.safetensors", path) == 2
    assert "lacks 'a'" in klayer.error


@pytest.mark.usefixtures("saved", "new")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nope.csv"], "FILE must be digits, cifar10, an existing path, or -, but got 'nope.csv'"),
        (["digit"], "but got 'digit'; did you mean digits?"),
        (
            ["m.safetensors"],
            "FILE must be a .csv, .tsv, .parquet, .npz or .tar.gz, a picture, a folder",
        ),
        (["digits"], "rows must have the model's 4 features, but those of digits have 64"),
        (["x.npz"], "rows must have the model's 4 features, but those of x.npz have 3"),
        (["x.npz", "--keep", "id"], "x.npz must hold id, but it holds X, y"),
        (["folder"], "the model must take pictures for folder, but it takes tables"),
        (["new.csv", "--out", "a.txt"], "`--out` must end in .csv, .parquet, .jsonl, .ndjson"),
        (["new.csv", "--format", "xml"], "`--format` must be csv, parquet or jsonl, but got 'xml'"),
        (["new.csv", "--format", "parquet"], "Parquet cannot be written to standard output"),
        (["new.csv", "--json"], "`--json` needs --out"),
        (["new.csv", "--keep", "id"], "got 'id' (its columns: note, kind, age)"),
        (["new.csv", "--out", "no/a.csv"], "no/a.csv must be written, but cannot be: No such file"),
        (["clash.csv", "--keep", "prediction"], "must not name a column of the answers"),
        (["less.csv"], "a table must have the model's columns, but less.csv lacks 'kind'"),
        (["text.csv"], "column 'age' must be numbers, but row 2 of text.csv is the text 'old'"),
        (["empty.csv"], "there must be rows to predict, but empty.csv has none"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    klayer: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], sentence: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "clash.csv").write_text("age,kind,prediction\n1,cat,x\n")
    (tmp_path / "less.csv").write_text("age\n1\n")
    (tmp_path / "text.csv").write_text("age,kind\n1,cat\nold,cat\n")
    (tmp_path / "empty.csv").write_text("age,kind\n")
    np.savez(tmp_path / "x.npz", X=np.zeros((2, 3)), y=np.zeros(2))
    assert klayer("predict", "m.safetensors", *arguments) == 2
    assert sentence in klayer.error
    assert klayer.error.count("\n") == 1
    assert klayer.out == ""


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_a_fault_far_down_leaves_what_was_there_before(
    klayer: Program, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr("klayer.data.incoming.BLOCK_BYTES", 100)
    path, out = tmp_path / "long.csv", tmp_path / f"out.{suffix}"
    path.write_text("age,kind\n" + "1,cat\n" * 100 + "old,cat\n")
    out.write_text("before")
    assert klayer("predict", saved, path, "--out", out) == 2
    assert "row 101 of" in klayer.error
    assert out.read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"m.safetensors", "long.csv", out.name}


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_is_interrupted_leaves_nothing_half_written(
    saved: Path, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    command = [sys.executable, "-m", "klayer", "predict", str(saved), "-"]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "out.csv")],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(b"age,kind\n" + b"1,cat\n" * 2_000_000)  # more than a block
        while not any(path.stat().st_size for path in tmp_path.glob(".out.csv.*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(sent)
        assert process.wait(60) == code
    assert [path.name for path in tmp_path.iterdir()] == ["m.safetensors"]


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from klayer.cli.main import run
sys.exit(run(["predict", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_full_disk_is_said_and_leaves_nothing(saved: Path, tmp_path: Path, suffix: str) -> None:
    path, out = tmp_path / "long.csv", tmp_path / f"out.{suffix}"
    path.write_text("age,kind\n" + "".join(f"{k / 3},cat\n" for k in range(5_000)))
    arguments = [str(saved), str(path), "--out", str(out), "--probabilities"]
    done = subprocess.run(
        [sys.executable, "-c", FULL, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"{out} must be written, but cannot be:" in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"m.safetensors", "long.csv"}


def test_who_reads_may_stop_reading(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("age,kind\n" + "1,cat\n" * 400_000)
    command = f"{sys.executable} -m klayer predict {saved.name} long.csv | head -n 1"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "prediction,probability,spread\n"
    assert done.stderr == ""


PEAK = """
import sys
from klayer.cli.main import run
from klayer.data import incoming, incoming_arrays
from klayer.models import answers
incoming.BLOCK_BYTES = incoming_arrays.PART_BYTES = 1 << 18
answers.CHUNK_BYTES = 1 << 20
code = run(["predict", *sys.argv[1:]])
status = open("/proc/self/status").read()  # getrusage would count what the parent took
print(code, status.split("VmHWM:")[1].split()[0])
"""


def peak_of(*arguments: object) -> float:
    """Return the MiB that a prediction takes at most."""
    command = [sys.executable, "-c", PEAK, *map(str, arguments)]
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    code, kibibytes = done.stdout.split()
    assert code == "0"
    return int(kibibytes) / 1024


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_source(saved: Path, tmp_path: Path, suffix: str) -> None:
    peaks = {}
    for size in (2, 24):  # MiB
        path = tmp_path / f"{size}.csv"
        rows = (size << 20) // 18
        path.write_text("age,kind,more\n" + "1.25,cat,xxxxxxxx\n" * rows)
        peaks[size] = peak_of(saved, path, "--out", tmp_path / f"o.{suffix}")
    assert peaks[24] - peaks[2] < 48  # read whole, it takes about 100 more


def test_memory_does_not_grow_with_an_array(tmp_path: Path) -> None:
    made_model(Architecture(400, (5,), 3)).save(tmp_path / "m.safetensors")
    peaks = {}
    for size in (4, 104):  # MiB
        path, rng = tmp_path / f"{size}.npz", np.random.default_rng(0)
        X = rng.integers(0, 255, ((size << 20) // 400, 400), np.uint8)
        np.savez(path, X=X, id=np.arange(len(X)))
        given = (tmp_path / "m.safetensors", path, "--out", tmp_path / "o.csv", "--keep", "id")
        peaks[size] = peak_of(*given)
    assert peaks[104] - peaks[4] < 16


def test_json_lines_are_one_object_a_line(klayer: Program, saved: Path, new: Path) -> None:
    assert klayer("predict", saved, new, "--format", "jsonl") == 0
    found = [json.loads(line) for line in klayer.out.splitlines()]
    assert len(found) == 4
    assert set(found[0]) == {"prediction", "probability", "spread"}


def test_help_has_an_example(klayer: Program) -> None:
    assert klayer("predict", "--help") == 0
    assert "Example: klayer predict" in klayer.out


@pytest.mark.parametrize("through", ["itself", "a link", "the model", "the history"])
def test_what_is_read_is_not_written_over(
    klayer: Program, saved: Path, new: Path, tmp_path: Path, through: str
) -> None:
    link, history = tmp_path / "link.csv", tmp_path / "history.csv"
    link.symlink_to(new)
    history.write_text("step\n")
    run = tmp_path / "model.safetensors"
    run.write_bytes(saved.read_bytes())
    out = {"itself": new, "a link": link, "the model": run, "the history": history}[through]
    before = out.read_bytes()
    assert klayer("predict", tmp_path, new, "--out", out, "--format", "csv") == 2
    assert "must not be a file that the command reads" in klayer.error
    assert out.read_bytes() == before


def test_it_is_said_that_an_earlier_answer_was_replaced(
    klayer: Program, saved: Path, new: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers.csv"
    for replaced in (False, True):
        assert klayer("predict", saved, new, "--out", out) == 0
        assert ("in place of what was there" in klayer.error) == replaced
