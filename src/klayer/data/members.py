"""The files of a folder or a zip by name, read into memory one at a time; nothing is extracted.

A member that would leave its folder, a link, a device, an encrypted or an oversized one is refused.
"""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from klayer.data.limits import MAX_DEPTH, MAX_MEMBER_BYTES, MAX_MEMBERS, check_unpacked
from klayer.errors import InputError


class Members(Protocol):
    """Files by name.

    Attributes:
        path: of the folder or archive.
        names: of all files, relative to it, with slashes, in increasing order.
    """

    path: Path
    names: list[str]

    def read(self, name: str) -> bytes:
        """Return the content of one file."""
        ...


@contextmanager
def open_members(path: Path) -> Iterator[Members]:
    """Open a folder or a zip.

    Args:
        path: of an existing folder or zip file.

    Raises:
        InputError: it cannot be read, or a member is refused.

    Example:
        >>> with open_members(Path(__file__).parent) as members:
        ...     "members.py" in members.names
        True
    """
    if path.is_dir():
        yield _FolderMembers(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError(f"{path} must be a whole zip file, but {error}") from error
    with archive:
        yield _ZipMembers(path, archive)


@contextmanager
def one_member(path: Path) -> Iterator[Members]:
    """Open the folder of a file as if that file were all there is in it.

    Args:
        path: of an existing file.

    Example:
        >>> with one_member(Path(__file__)) as members:
        ...     members.names
        ['members.py']
    """
    yield _OneMember(path)


def check_name(where: Path, name: str) -> None:
    """Refuse a member's name that leads out of its folder.

    Args:
        where: the archive, for the sentence.
        name: with slashes.

    Raises:
        InputError: it is absolute or has a part "..".

    Example:
        >>> check_name(Path("a.zip"), "train/cat/1.png")
    """
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or ":" in parts[0] or "\0" in name:
        raise InputError(f"a member of {where} must stay in its folder, but its name is {name!r}")


def check_size(where: Path, name: str, size: int) -> None:
    """Refuse a member that is larger than any picture or batch may be.

    Raises:
        InputError: `size` is above `MAX_MEMBER_BYTES`.

    Example:
        >>> check_size(Path("a.zip"), "train/cat/1.png", 900)
    """
    if size > MAX_MEMBER_BYTES:
        raise InputError(
            f"a member of {where} must have at most {MAX_MEMBER_BYTES >> 20} MiB, "
            f"but {name!r} has {size} bytes"
        )


def _content(folder: Path, name: str) -> bytes:
    """Return the content of a file in a folder."""
    try:
        with open(folder / name, "rb") as file:
            check_size(folder, name, os.fstat(file.fileno()).st_size)
            return file.read(MAX_MEMBER_BYTES + 1)
    except OSError as error:
        raise InputError(f"{folder / name} cannot be read: {error.strerror}") from error


class _FolderMembers:
    """The files below a folder; links that leave it are refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._root = os.path.realpath(path)
        self.names = sorted(self._walk(self._root, ""))
        if len(self.names) > MAX_MEMBERS:
            raise InputError(
                f"a folder must have at most {MAX_MEMBERS} files, but {path} has {len(self.names)}"
            )

    def _walk(self, folder: str, prefix: str) -> Iterator[str]:
        """Yield the names of all files below a folder; those that begin with a dot are left out."""
        if prefix.count("/") > MAX_DEPTH:
            raise InputError(
                f"folders must lie at most {MAX_DEPTH} deep, but {self.path} has {prefix!r}"
            )
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise InputError(f"{self.path / prefix} cannot be read: {error.strerror}") from error
        for entry in entries:
            name = prefix + entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                self._check_link(name)
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(entry.path, f"{name}/")
            elif entry.is_file():
                yield name

    def _check_link(self, name: str) -> None:
        """Refuse a link to a folder, or out of this one."""
        target = os.path.realpath(os.path.join(self._root, name))
        if os.path.isdir(target) or not target.startswith(self._root + os.sep):
            raise InputError(
                f"a link in {self.path} must lead to a file inside it, but {name!r} "
                f"leads to {target}"
            )

    def read(self, name: str) -> bytes:
        """Return the content of one file."""
        return _content(self.path, name)


class _OneMember:
    """A single file."""

    def __init__(self, path: Path) -> None:
        self.path = path.parent
        self.names = [path.name]

    def read(self, name: str) -> bytes:
        """Return the content of the file."""
        return _content(self.path, name)


class _ZipMembers:
    """The members of a zip."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
        if len(infos) > MAX_MEMBERS:
            raise InputError(
                f"an archive must have at most {MAX_MEMBERS} members, but {path} has {len(infos)}"
            )
        for info in infos:
            check_name(path, info.filename)
            check_size(path, info.filename, info.file_size)
            mode = info.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise InputError(f"{path} must hold plain files only, but {info.filename!r} is not")
            if info.flag_bits & 1:
                raise InputError(f"{path} must not be encrypted, but {info.filename!r} is")
        check_unpacked(str(path), sum(info.file_size for info in infos), path.stat().st_size)
        self.names = sorted({info.filename for info in infos})

    def read(self, name: str) -> bytes:
        """Return the content of one member, checked by its CRC."""
        try:
            return self._archive.read(name)
        except Exception as error:  # zipfile passes on what its decompressors raise
            raise InputError(f"{self.path} is damaged at {name!r}: {error}") from error
