"""Class folders with pictures, as a folder or a zip."""

import signal
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from klayer.data import child, decoder, decoding, load_data
from klayer.data.child import Child
from klayer.data.decoding import decode_all
from klayer.data.pictures import read_pictures
from klayer.errors import InputError
from tests.data.makers import class_folders, encoded, pixels, write_folder, write_zip


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_pictures(path)
    return str(caught.value)


def planes(image: np.ndarray) -> list[int]:
    """Return pixels (h, w, 3) as a row: the red plane, the green, the blue."""
    return [int(v) for plane in range(3) for v in image[:, :, plane].ravel()]


@pytest.mark.parametrize("form", ["folder", "zip"])
@pytest.mark.parametrize("top", ["", "everything/"])
def test_one_level_of_class_folders_is_read_plane_after_plane_in_sorted_order(
    tmp_path: Path, form: str, top: str
) -> None:
    files = class_folders(top=top)
    shuffled = dict(sorted(files.items(), key=lambda item: item[1]))
    path = (
        write_zip(tmp_path / "a.zip", shuffled)
        if form == "zip"
        else write_folder(tmp_path / "a", shuffled)
    )
    found = read_pictures(path)
    assert found.picture == (4, 5, 3)
    assert found.labels.tolist() == ["cat"] * 4 + ["dog"] * 4
    assert len(found.test) == 0
    assert found.files == tuple(sorted(files))
    for row, seed in enumerate([0, 1, 2, 3, 100, 101, 102, 103]):
        assert found.X[row].tolist() == planes(pixels(seed))


def test_train_and_test_folders_are_the_training_and_test_rows(tmp_path: Path) -> None:
    files = class_folders(top="train/") | class_folders(each=2, top="test/")
    data = load_data(write_zip(tmp_path / "a.zip", files), validation=2)
    assert data.test.tolist() == [8, 9, 10, 11]
    assert np.sort(np.concatenate([data.training, data.validation])).tolist() == list(range(8))
    assert data.class_names == ("cat", "dog")
    assert data.labels[data.samples.y[data.test]].tolist() == ["cat", "cat", "dog", "dog"]


def test_grey_pictures_have_one_channel_if_all_are_grey(tmp_path: Path) -> None:
    files = class_folders(channels=1)
    found = read_pictures(write_folder(tmp_path / "a", files))
    assert found.picture == (4, 5, 1)
    assert found.X[1].tolist() == pixels(1, channels=1).ravel().tolist()
    files["dog/9.png"] = encoded(pixels(9))
    found = read_pictures(write_folder(tmp_path / "b", files))
    assert found.picture == (4, 5, 3)
    assert found.X[1].tolist() == pixels(1, channels=1).ravel().tolist() * 3
    assert found.X[8].tolist() == planes(pixels(9))


def test_grey_is_told_by_pixels_not_by_the_mode_of_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    greys = rng.integers(0, 256, (4, 5, 6), np.uint8)
    for place, grey in enumerate(greys):
        folder = tmp_path / "ab"[place % 2]
        folder.mkdir(exist_ok=True)
        Image.fromarray(np.dstack([grey] * 3)).save(folder / f"{place}.png")
    data = load_data(tmp_path, validation=0, test=0)
    assert data.picture == (5, 6, 1)
    assert sorted(map(bytes, data.samples.X)) == sorted(grey.tobytes() for grey in greys)
    greys[3, 0, 0] = 0
    coloured = np.dstack([greys[3]] * 3)
    coloured[0, 0, 1] = 9
    Image.fromarray(coloured).save(tmp_path / "b" / "3.png")
    assert load_data(tmp_path, validation=0, test=0).picture == (5, 6, 3)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TIFF", "WEBP", "GIF", "JPEG"])
def test_the_formats_of_pictures_are_read_as_pillow_reads_them(tmp_path: Path, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    files = {
        f"{c}/1.{kind.lower()}": encoded(pixels(k), kind, **options) for k, c in enumerate("ab")
    }
    path = write_folder(tmp_path, files)
    found = read_pictures(path)
    for row, name in enumerate(sorted(files)):
        with Image.open(path / name) as image:
            assert found.X[row].tolist() == planes(np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_any_number_of_processes_gives_the_same_rows(workers: int) -> None:
    contents = [encoded(pixels(seed)) for seed in range(700)]
    X = np.empty((700, 60), np.uint8)
    decode_all(X, contents.__getitem__, (4, 5, 3), str, workers=workers)
    assert X.tolist() == [planes(pixels(seed)) for seed in range(700)]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_fault_among_many_is_named_whoever_finds_it(workers: int) -> None:
    contents = [encoded(pixels(seed)) for seed in range(700)]
    contents[555] = contents[555][:60]
    X = np.empty((700, 60), np.uint8)
    with pytest.raises(InputError, match="one size, but picture 555: it is damaged"):
        decode_all(X, contents.__getitem__, (4, 5, 3), "picture {}".format, workers=workers)


def test_a_reader_that_fails_ends_all_processes() -> None:
    def read(row: int) -> bytes:
        if row == 300:
            raise InputError("the archive is damaged")
        return encoded(pixels(row))

    with pytest.raises(InputError, match="the archive is damaged"):
        decode_all(np.empty((700, 60), np.uint8), read, (4, 5, 3), str, workers=2)


class Watched(Child):
    """A decoder whose process can be found."""

    started: ClassVar[list["Watched"]] = []

    def __init__(self, script: str) -> None:
        super().__init__(script)
        self.started.append(self)


def test_a_decoder_that_is_killed_in_the_middle_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "Child", Watched)
    monkeypatch.setattr(Watched, "started", [])

    def read(row: int) -> bytes:
        if row == 300:
            Watched.started[1]._process.kill()
        return encoded(pixels(row))

    with pytest.raises(
        InputError, match=r"process that lasts, but that of \d+ to \d+ was ended by SIGKILL"
    ):
        decode_all(np.empty((1400, 60), np.uint8), read, (4, 5, 3), str, workers=3)
    assert {child._process.returncode for child in Watched.started} == {-signal.SIGKILL}


@pytest.mark.parametrize(
    ("script", "fate"),
    [
        ("import no_such_module", "ended with exit code 1"),
        ("import sys; sys.stdin.buffer.read()", "did not answer for 1 seconds"),
        ("import sys; print(flush=True); sys.stdin.buffer.read()", "did not answer for 1 seconds"),
    ],
)
def test_a_decoder_that_cannot_start_or_speaks_otherwise_is_noticed(
    script: str, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "SCRIPT", script)
    monkeypatch.setattr(child, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(child, "LOOKS", 10)
    content = encoded(pixels(1))
    with pytest.raises(InputError, match=f"process that lasts, but that of .* {fate}"):
        decode_all(np.empty((700, 60), np.uint8), lambda _: content, (4, 5, 3), str, workers=3)


def test_a_decoder_is_of_the_version_that_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file may be another one by now."""
    (tmp_path / "decoder.py").write_text("")
    monkeypatch.setattr(decoder, "__file__", str(tmp_path / "decoder.py"))
    X = np.empty((1, 60), np.uint8)
    decode_all(X, lambda _: encoded(pixels(1)), (4, 5, 3), str, workers=1)
    assert X[0].tolist() == planes(pixels(1))


def test_a_picture_whose_size_changes_as_it_is_decoded_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Image.Image, "tobytes", lambda _: bytes(59))
    with pytest.raises(InputError, match="0: its header says another size than it has"):
        decode_all(np.empty((1, 60), np.uint8), lambda _: encoded(pixels(1)), (4, 5, 3), str, 0)


def test_a_picture_of_another_size_is_named_with_both_sizes(tmp_path: Path) -> None:
    files = class_folders() | {"dog/7.png": encoded(pixels(1, height=6, width=7))}
    for path in (write_folder(tmp_path / "a", files), write_zip(tmp_path / "a.zip", files)):
        said = refused(path)
        assert "'dog/7.png': it is 7 × 6 pixels, not 5 × 4" in said
        assert str(path) in said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a picture of a known format"),
        (b"<svg></svg>", "not a picture of a known format"),
        (encoded(pixels(3))[:50], "damaged"),
        (encoded(pixels(3), "JPEG")[:-100], "damaged"),
        (encoded(np.zeros((4, 5), np.uint16)), "8 bits per channel"),
    ],
)
def test_a_damaged_picture_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    files = class_folders() | {"dog/7.png": content}
    said = refused(write_folder(tmp_path, files))
    assert "dog/7.png" in said
    assert sentence in said


def test_a_picture_that_claims_more_pixels_than_the_limit_is_not_decoded(tmp_path: Path) -> None:
    content = encoded(pixels(3))
    for side in (1 << 13, 1 << 15):
        header = content[12:16] + struct.pack(">II", side, side) + content[24:29]
        huge = content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]
        said = refused(write_folder(tmp_path, {"a/1.png": huge, "b/1.png": content}))
        assert "'a/1.png': it has more than 16777216 pixels" in said


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"readme.txt": b"words"}, "but it has no pictures"),
        ({}, "but it has no pictures"),
        ({"1.png": encoded(pixels(1))}, "class folders with pictures"),
        ({"test/cat/1.png": encoded(pixels(1))}, "test/ without train/"),
        ({"a/b/c/d/1.png": encoded(pixels(1))}, "class folders with pictures"),
        (class_folders(top="train/") | class_folders(), "both train/ and"),
        (
            class_folders(top="train/") | {"test/cow/1.png": encoded(pixels(1))},
            "'cow' in test/ only",
        ),
    ],
)
def test_a_folder_without_class_folders_is_refused(
    tmp_path: Path, files: dict[str, bytes], sentence: str
) -> None:
    (tmp_path / "a").mkdir()
    assert sentence in refused(write_folder(tmp_path / "a", files))
    assert sentence in refused(write_zip(tmp_path / "a.zip", files))


def test_hidden_files_and_other_files_are_left_out(tmp_path: Path) -> None:
    files = class_folders() | {
        "cat/.1.png": b"", ".git/x/1.png": b"", "__MACOSX/cat/._0.png": b"", "cat/notes.txt": b"",
    }  # fmt: skip
    assert len(read_pictures(write_folder(tmp_path / "a", files)).X) == 8
    assert len(read_pictures(write_zip(tmp_path / "a.zip", files)).X) == 8


def test_one_class_only_is_refused(tmp_path: Path) -> None:
    files = {name: content for name, content in class_folders().items() if "cat" in name}
    with pytest.raises(InputError, match="at least two classes, but all are 'cat'"):
        load_data(write_folder(tmp_path, files))


@pytest.mark.parametrize(
    "name", ["../cat/1.png", "/cat/1.png", "cat/../../1.png", "C:\\cat\\1.png"]
)
def test_a_zip_member_that_leaves_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", class_folders() | {name: b""})
    assert "must stay in its folder" in refused(path)


def test_a_zip_member_without_a_name_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", class_folders() | {"Zat/1.png": b""})
    path.write_bytes(path.read_bytes().replace(b"Zat/", b"\0at/"))
    assert "its name is ''" in refused(path)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", class_folders())
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("cat/9.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "plain files only, but 'cat/9.png' is not" in refused(path)


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", class_folders())
    (tmp_path / "secret.png").write_bytes(encoded(pixels(1)))
    (path / "cat" / "9.png").symlink_to(tmp_path / "secret.png")
    assert "must lead to a file inside it" in refused(path)
    (path / "cat" / "9.png").unlink()
    (path / "cow").symlink_to(tmp_path)
    assert "must lead to a file inside it" in refused(path)


def test_a_zip_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a/1.png", bytes(80 << 20))
    assert "must unpack to at most 200 times its size" in refused(path)


def test_a_zip_cut_or_changed_anywhere_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", class_folders())
    content = path.read_bytes()
    for end in (0, 30, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:end])
        assert "must be a whole zip file" in refused(path)
    changed = bytearray(content)
    changed[60] ^= 255
    path.write_bytes(changed)
    assert "damaged" in refused(path)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_loading_takes_no_second_array_of_the_pixels(tmp_path: Path) -> None:
    content = encoded(np.full((100, 100, 3), (1, 2, 3), np.uint8))
    files = {f"{name}/{k:04d}.png": content for name in "ab" for k in range(1100)}
    path = write_zip(tmp_path / "a.zip", files)
    code = (
        "import re, sys; from klayer.data import load_data\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
        "before = peak(); data = load_data(sys.argv[1])\n"
        "print(1024 * (peak() - before), data.samples.X.nbytes)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    taken, pixels_alone = map(int, done.stdout.split())
    assert pixels_alone == 2200 * 30_000
    assert pixels_alone <= taken < 1.5 * pixels_alone
