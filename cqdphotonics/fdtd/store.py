"""The content-addressed store: one directory per simulation, complete or absent.

::

    <root>/<first two digits>/<hash>/{job.json, result.npz, log.txt, meta.json}
    <root>/locks/<hash>       held (flock) while somebody computes that hash
    <root>/tmp/<hash>.<...>   work in progress; becomes an entry by one rename
    <root>/damaged/<...>      entries whose checksum failed, kept for a look

A reader sees either a whole entry or none, whatever is killed when: an entry appears by a rename,
and its checksum is compared when it is read.
"""

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cqdphotonics.errors import StorageError
from cqdphotonics.fdtd.job import Computation

RESULT, LOG, JOB, META = "result.npz", "log.txt", "job.json", "meta.json"

_DAMAGE = (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)
"""What reading a damaged entry may raise."""


Progress = Callable[[dict[str, Any]], None]
"""Called with ``stage``, ``time``, ``longest`` and ``remaining`` as the solver reports them."""

Computer = Callable[[Computation, Progress | None, threading.Event | None], None]

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_LOCK_SECONDS = 0.1


@dataclass(frozen=True)
class RawResult:
    """What the solver wrote for one job: arrays by name, and how they came about."""

    job_hash: str
    arrays: dict[str, np.ndarray]
    meta: dict[str, Any]


def default_root() -> Path:
    """``$CQD_STORE``, else ``$XDG_CACHE_HOME/cqdphotonics``, else ``~/.cache/cqdphotonics``."""
    if chosen := os.environ.get("CQD_STORE"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "cqdphotonics"


def storage_error(path: Path, error: OSError) -> StorageError:
    """A `StorageError` that says what to do about the operating system's `error`."""
    advice = {
        errno.ENOSPC: "The disk is full: free some space and start the same command again.",
        errno.EDQUOT: "Your quota is used up: free some space and start the same command again.",
        errno.EROFS: "The file system is read-only: choose another directory.",
        errno.EACCES: "No permission to write there: choose another directory.",
    }.get(error.errno or 0, "Choose another directory or mend this one.")
    return StorageError(f"can't write to '{path}': {error.strerror or error}. {advice}")


class Store:
    """Results by job hash under one directory.

    Parameters
    ----------
    root : path, optional
        Where; `default_root()` when not given. Made at once; `StorageError` when that fails.

    Attributes
    ----------
    computer : callable or None
        Who computes what is missing: takes the job, a progress function and an event that cancels,
        and returns when the result is in the store. None: a process of this machine
        (`runner.run`).
    """

    computer: Computer | None = None

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root) if root is not None else default_root()
        try:
            for name in ("tmp", "locks"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
            probe = self.root / "tmp" / f"probe.{uuid.uuid4().hex}"
            probe.write_bytes(b"0" * 4096)
            probe.unlink()
        except OSError as error:
            raise storage_error(self.root, error) from error

    def directory(self, job_hash: str) -> Path:
        """Where the entry of `job_hash` is or would be."""
        return self.root / job_hash[:2] / job_hash

    def __contains__(self, job: Computation) -> bool:
        return (self.directory(job.hash) / META).exists()

    def get(self, job: Computation) -> RawResult | None:
        """The result of `job`; None when there is none, or a damaged one, which is put aside."""
        directory = self.directory(job.hash)
        if not directory.exists():
            return None
        try:
            meta = json.loads((directory / META).read_text())
            content = (directory / RESULT).read_bytes()
            if hashlib.sha256(content).hexdigest() != meta["checksum"]:
                raise ValueError("checksum differs")
            with np.load(io.BytesIO(content), allow_pickle=False) as data:
                arrays = {name: data[name] for name in data.files}
        except (FileNotFoundError, *_DAMAGE) as error:
            self._put_aside(directory, str(error))
            return None
        except OSError as error:  # says nothing about the entry: too many open files, for one
            raise StorageError(
                f"can't read '{directory}': {error.strerror or error}. Mend that, or choose "
                "another directory for results."
            ) from error
        return RawResult(job.hash, arrays, meta)

    def _put_aside(self, directory: Path, reason: str) -> None:
        target = self.root / "damaged" / f"{directory.name}.{uuid.uuid4().hex[:8]}"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            directory.rename(target)
            (target / "why.txt").write_text(reason + "\n")
        except FileNotFoundError:
            return  # another process put it aside first
        except OSError as error:
            raise storage_error(directory, error) from error

    @contextlib.contextmanager
    def working_directory(self, job: Computation) -> Iterator[Path]:
        """A fresh directory for computing `job`, with ``job.json`` in it; removed at the end."""
        directory = self.root / "tmp" / f"{job.hash}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
        try:
            directory.mkdir(parents=True)
            (directory / JOB).write_text(job.canonical())
        except OSError as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise storage_error(directory, error) from error
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, job: Computation, cancelled: threading.Event | None = None) -> Iterator[None]:
        """Held by at most one process (or thread) a hash; freed by the system if its owner dies.

        Raises KeyboardInterrupt if `cancelled` is set while waiting. A file system without locks
        is used without: then two may compute the same job, and one of the results is kept.
        """
        path = self.root / "locks" / job.hash
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise storage_error(path, error) from error
        try:
            if _locked(handle, cancelled):
                # Nobody else computes this job now: what lies there is from one who was killed.
                for left in (self.root / "tmp").glob(f"{job.hash}.*"):
                    shutil.rmtree(left, ignore_errors=True)
            yield
        finally:
            os.close(handle)

    def put(self, job: Computation, directory: Path, meta: dict[str, Any]) -> RawResult:
        """Make the finished working `directory` the entry of `job`; returns what is now stored."""
        final = self.directory(job.hash)
        try:
            content = (directory / RESULT).read_bytes()
            meta = {
                **meta,
                "hash": job.hash,
                "checksum": hashlib.sha256(content).hexdigest(),
                "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            }
            # Written last: an entry without it does not count.
            with (directory / META).open("w") as handle:
                json.dump(meta, handle, indent=1, sort_keys=True)
                handle.flush()
                os.fsync(handle.fileno())
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                directory.rename(final)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
                # An entry is there already: written by somebody without our lock. Keep theirs.
        except OSError as error:
            raise storage_error(final, error) from error
        stored = self.get(job)
        if stored is None:
            raise StorageError(
                f"the result of {job.hash} was damaged on its way to '{final}'. "
                "Check the disk, then start the same command again."
            )
        return stored


def _locked(handle: int, cancelled: threading.Event | None) -> bool:
    """Wait for the lock; False where the file system has none."""
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if cancelled is not None and cancelled.is_set():
                raise KeyboardInterrupt from None
            time.sleep(_LOCK_SECONDS)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return False
            raise
