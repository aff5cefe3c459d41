"""Writing to disk so that it lasts: bytes and names are there after a power cut, and a hash says that they are the right ones."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

_PIECE = 1 << 20


def sha256_of(path: Path) -> str:
    """The hash of a file's content, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder last; where a folder cannot be opened, as on Windows, the system sees to it."""
    with suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_tree(folder: Path) -> None:
    """Makes all names below a folder last, and its own."""
    for inner, _folders, _files in os.walk(folder):
        sync_folder(Path(inner))
    sync_folder(folder.parent)


def write_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """A file under its name with all of its bytes, whatever stood there before; only who may read it by `mode` can do so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).chmod(mode)
        os.replace(partial, path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(partial).unlink()
        raise
    sync_folder(path.parent)


def copy_file(source: Path, target: Path, sha256: str) -> bool:
    """Copies bytes that have this hash, under the final name when all are there; False when they have another.

    The folder is not synced: who copies many files does that once.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".partial")
    digest = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as written, source.open("rb") as read:
            while piece := read.read(_PIECE):
                digest.update(piece)
                written.write(piece)
            written.flush()
            os.fsync(written.fileno())
        if digest.hexdigest() != sha256:
            return False
        os.replace(partial, target)
        return True
    finally:
        with suppress(FileNotFoundError):
            Path(partial).unlink()
