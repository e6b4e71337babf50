"""Fetching CIFAR-10, from a server of the test's own on the loopback address."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from klayer.data import load_data
from klayer.data.download import get_cifar10
from klayer.errors import InputError
from tests.conftest import Program
from tests.data.makers import cifar10_files, write_folder, write_tar


class Server:
    """Serves one file, cut short where told to, and counts requests."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.sent: int | None = None
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                if not self.path.endswith("/cifar.tar.gz"):
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(server.content)))
                self.end_headers()
                self.wfile.write(server.content[: server.sent])

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/cifar.tar.gz"
        self.sha256 = hashlib.sha256(content).hexdigest()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    served = Server(write_tar(tmp_path / "served.tar.gz", cifar10_files()).read_bytes())
    thread = threading.Thread(target=served.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("KLAYER_CIFAR10_URL", served.url)
    monkeypatch.setenv("KLAYER_CIFAR10_SHA256", served.sha256)
    monkeypatch.delenv("KLAYER_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


def test_what_was_fetched_is_found_by_its_name(
    server: Server, tmp_path: Path, klayer: Program
) -> None:
    assert klayer("data", "get", "cifar10") == 0, klayer.error
    archive = Path(klayer.out.strip())
    assert archive.is_relative_to(tmp_path / "cache")
    assert archive.read_bytes() == server.content
    expected = load_data(write_folder(tmp_path / "folder", cifar10_files()))
    assert load_data("cifar10").fingerprint == expected.fingerprint


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        get_cifar10(tmp_path / "data")
    assert server.requests == 1


def test_a_damaged_archive_is_fetched_again(server: Server, tmp_path: Path) -> None:
    path = get_cifar10(tmp_path / "data")
    path.write_bytes(b"damaged")
    assert get_cifar10(tmp_path / "data").read_bytes() == server.content


def test_another_file_than_the_official_one_is_refused_and_leaves_nothing(
    server: Server, tmp_path: Path, klayer: Program
) -> None:
    server.content = server.content[:-1] + b"x"
    assert klayer("data", "get", "cifar10", "--data-dir", tmp_path / "data") == 2
    assert f"must have SHA-256 {server.sha256}" in klayer.error
    assert klayer.error.count("\n") == 1
    assert list((tmp_path / "data").iterdir()) == []


def test_a_download_that_breaks_off_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.sent = 1000
    with pytest.raises(InputError, match="cannot be fetched"):
        get_cifar10(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_server_that_has_no_such_file_or_is_not_there_is_said(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="cannot be fetched: the server answered 404"):
        get_cifar10(tmp_path, url=server.url + "x")
    with pytest.raises(InputError, match=r"cannot be fetched: .*refused"):
        get_cifar10(tmp_path, url="http://127.0.0.1:9/cifar.tar.gz")


def test_progress_is_told_and_an_endless_download_is_ended(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Told:
        total = 0
        done = 0
        closed = False

        def update(self, size: int) -> None:
            self.done += size

        def reset(self) -> None:
            self.done = 0

        def close(self) -> None:
            self.closed = True

    told = Told()
    get_cifar10(tmp_path / "a", progress=told)
    assert told.closed
    assert told.done == told.total == len(server.content)
    monkeypatch.setattr("klayer.data.download.MAX_DOWNLOAD_BYTES", 1000 - (1 << 18))
    with pytest.raises(InputError, match="a download must have at most"):
        get_cifar10(tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.usefixtures("server")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="file/data cannot be written"):
        get_cifar10(tmp_path / "file" / "data")
