"""The store: an entry is whole or absent, whatever happens to disk and processes."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fdtd_jobs import make_job

from cqdphotonics.errors import StorageError
from cqdphotonics.fdtd.job import Job
from cqdphotonics.fdtd.store import META, RESULT, Store, default_root


@pytest.fixture
def job() -> Job:
    return make_job(
        "z", (1.0,), 10, half_width=1, below=1, above=1, pml=0.5, box=(0.5, 0, 0.5, 0.5)
    )  # fmt: skip


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 64 kB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no program 'mount' here, so no small file system to fill")
    if made.returncode != 0:
        pytest.skip(f"a small file system needs the right to mount: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def put(store: Store, job: Job, values: np.ndarray | None = None):
    with store.working_directory(job) as directory:
        np.savez(directory / RESULT, values=np.arange(5.0) if values is None else values)
        return store.put(job, directory, {"seconds": 1.0})


def leftovers(store: Store) -> list[str]:
    return [path.name for path in (store.root / "tmp").iterdir()]


def test_what_is_put_is_got(store, job):
    assert store.get(job) is None
    assert job not in store
    result = put(store, job)
    assert (result.arrays["values"] == np.arange(5.0)).all()
    again = store.get(job)
    assert again is not None
    assert again.meta == result.meta
    assert job in store
    assert leftovers(store) == []
    assert (store.directory(job.hash) / "job.json").read_text() == job.canonical()


def test_another_solver_version_is_another_result(store, job):
    put(store, job)
    assert store.get(job.model_copy(update={"solver_version": job.solver_version + 1})) is None


@pytest.mark.parametrize("name", [RESULT, META])
@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "removed"])
def test_a_damaged_entry_is_put_aside_and_can_be_made_again(store, job, name, damage):
    put(store, job)
    path = store.directory(job.hash) / name
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        place = content.find(b"checksum") + 14 if name == META else len(content) // 2
        content[place] ^= 1
    elif damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "emptied":
        content = bytearray()
    path.write_bytes(content)
    if damage == "removed":
        path.unlink()
    assert store.get(job) is None
    assert put(store, job).arrays["values"].sum() == 10
    assert store.get(job) is not None
    (aside,) = (store.root / "damaged").iterdir()
    assert (aside / "why.txt").read_text().strip()


@pytest.mark.parametrize("text", ["null", "[]", '{"checksum": 3}', "\xff"])
def test_a_meta_file_of_another_kind_is_damage(store, job, text):
    put(store, job)
    (store.directory(job.hash) / META).write_text(text, encoding="latin-1")
    assert store.get(job) is None


def test_a_result_that_is_no_archive_but_has_its_checksum(store, job):
    """The solver's own fault: said at once, and nothing is left behind."""
    with store.working_directory(job) as directory:
        (directory / RESULT).write_bytes(b"not an archive")
        with pytest.raises(StorageError):
            store.put(job, directory, {})
    assert store.get(job) is None


def test_an_entry_that_can_t_be_read_now_is_not_damaged(store, job):
    put(store, job)
    result = store.directory(job.hash) / RESULT
    result.rename(result.with_name("aside"))
    result.mkdir()  # whoever reads it gets an error of the system's
    with pytest.raises(StorageError, match="can't read"):
        store.get(job)
    result.rmdir()
    result.with_name("aside").rename(result)
    assert store.get(job) is not None


def test_many_writers_without_a_lock_leave_one_entry(store, job):
    """Even if locks fail, as on some network file systems, nobody sees half an entry."""
    errors: list[Exception] = []
    start = threading.Barrier(6)

    def write() -> None:
        try:
            start.wait()
            for _ in range(5):
                assert (put(store, job).arrays["values"] == np.arange(5.0)).all()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(list(store.root.glob("??/*"))) == 1
    assert leftovers(store) == []


def test_lock_keeps_others_out_and_ends_with_its_block(store, job):
    order = []
    inside = threading.Event()

    def second() -> None:
        inside.wait()
        with store.lock(job):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with store.lock(job):
        inside.set()
        thread.join(0.2)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_full_disk_says_so_and_leaves_the_store_sound(small_disk, job):
    store = Store(small_disk / "store")
    put(store, job)
    other = job.model_copy(update={"resolution": 11.0})
    with pytest.raises(OSError, match="No space left"), store.working_directory(other) as directory:
        (directory / RESULT).write_bytes(os.urandom(200_000))
    assert store.get(job) is not None
    assert store.get(other) is None
    assert leftovers(store) == []
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(100_000))
    with pytest.raises(StorageError, match="disk is full: free some space"):
        put(store, other)
    with pytest.raises(StorageError, match="disk is full"):
        Store(small_disk / "store")
    filler.unlink()
    assert put(Store(small_disk / "store"), other).arrays["values"].sum() == 10


def test_read_only_directory(small_disk, job):
    store = Store(small_disk / "store")
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(remount, check=True, capture_output=True)
    with pytest.raises(StorageError, match="read-only: choose another directory"):
        Store(small_disk / "store")
    with pytest.raises(StorageError, match="read-only"), store.working_directory(job):
        pass


@pytest.mark.parametrize("where", ["/proc/cqd", "{file}", "{file}/below", "/dev/null/below"])
def test_a_place_where_no_directory_can_be(tmp_path, where):
    """Rights do not hold root back; what is no directory does."""
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(StorageError, match="can't write to"):
        Store(where.format(file=file))


def test_where_results_are_kept(monkeypatch):
    monkeypatch.setenv("CQD_STORE", "/a/b")
    assert default_root() == Path("/a/b")
    monkeypatch.delenv("CQD_STORE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert default_root() == Path("/c/cqdphotonics")
