"""Where "cifar10" lies on this machine, and how the official archive gets there."""

import os
from pathlib import Path
from typing import Any, Protocol

from klayer.data.cifar10 import cifar10_folder
from klayer.errors import InputError

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
ARCHIVES = ("cifar-10-python.tar.gz", "cifar-10-binary.tar.gz")
MAX_DOWNLOAD_BYTES = 1 << 30
CHUNK_BYTES = 1 << 18
SECONDS_WITHOUT_AN_ANSWER = 30


class Progress(Protocol):
    """Shows how far a download is.

    Attributes:
        total: bytes to come, 0 where the server does not say.
    """

    total: int

    def update(self, size: int) -> None:
        """Take note of so many more bytes."""

    def reset(self) -> None:
        """Begin again at 0."""

    def close(self) -> None:
        """The download is complete."""


def data_folder(data_dir: str | Path | None = None) -> Path:
    """Return where data lies: `data_dir`, else $KLAYER_DATA, else the per-user cache.

    Example:
        >>> str(data_folder("pictures"))
        'pictures'
    """
    place = data_dir or os.environ.get("KLAYER_DATA")
    if place:
        return Path(place)
    import pooch

    return Path(pooch.os_cache("klayer"))


def find_cifar10(data_dir: str | Path | None = None) -> Path:
    """Return the folder of CIFAR-10's batches, or its archive.

    Raises:
        InputError: there is none; the message says how to get it.
    """
    folder = data_folder(data_dir)
    batches = cifar10_folder(folder)
    if batches:
        return batches
    for name in ARCHIVES:
        if (folder / name).is_file():
            return folder / name
    option = f" --data-dir {data_dir}" if data_dir else ""
    raise InputError(
        f"CIFAR-10 must be in {folder}, but it is not: run `klayer data get cifar10{option}`, or "
        "say where it is with `data_dir` (on the command line `--data-dir`) or KLAYER_DATA"
    )


def get_cifar10(
    data_dir: str | Path | None = None,
    *,
    url: str | None = None,
    sha256: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch the official archive, unless it is there, and check it by its hash.

    It appears whole and right, or not at all.

    Args:
        data_dir: where to; by default $KLAYER_DATA, else the per-user cache.
        url: of the archive; by default $KLAYER_CIFAR10_URL, else the official one.
        sha256: its hash; by default $KLAYER_CIFAR10_SHA256, else that of the official one.
        progress: told how far it is.

    Returns:
        The archive's path.

    Raises:
        InputError: it cannot be fetched or written, or is not the file that it should be.
    """
    url = url or os.environ.get("KLAYER_CIFAR10_URL") or URL
    sha256 = sha256 or os.environ.get("KLAYER_CIFAR10_SHA256") or SHA256
    folder = data_folder(data_dir)
    import pooch
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel("ERROR")
    fetch = pooch.HTTPDownloader(
        progressbar=_Bounded(progress),
        chunk_size=CHUNK_BYTES,
        timeout=SECONDS_WITHOUT_AN_ANSWER,
    )
    try:
        path = pooch.retrieve(url, f"sha256:{sha256}", ARCHIVES[0], folder, downloader=fetch)
    except InputError:
        raise
    except RequestException as error:
        raise InputError(f"{url} cannot be fetched: {_reason(error)}") from error
    except ValueError as error:
        raise InputError(
            f"the archive must have SHA-256 {sha256}, but what {url} sent has another and was "
            "thrown away; try again later"
        ) from error
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror or error}") from error
    return Path(path)


class _Bounded:
    """Passes progress on, and ends a download that grows without bound."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._received = 0
        self.total = 0

    def update(self, size: int) -> None:
        self._received += size
        if max(self.total, self._received) > MAX_DOWNLOAD_BYTES + CHUNK_BYTES:
            raise InputError(
                f"a download must have at most {MAX_DOWNLOAD_BYTES >> 20} MiB, "
                f"but this one has {max(self.total, self._received)} bytes or more"
            )
        if self._progress:
            self._progress.total = self.total
            self._progress.update(size)

    def reset(self) -> None:
        self._received = 0
        if self._progress:
            self._progress.reset()

    def close(self) -> None:
        if self._progress:
            self._progress.close()


def _reason(error: Any) -> str:
    """Return the last and plainest part of an error of requests."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code} {response.reason}"
    return str(error).split(": ")[-1].rstrip("'\")")
