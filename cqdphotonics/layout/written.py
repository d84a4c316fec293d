"""Files are written beside their place and moved there when they are complete."""

import os
import tempfile
from pathlib import Path

from cqdphotonics.errors import InputError, StorageError


def write_file(path: str | Path, content: bytes) -> Path:
    """Write `content` to `path`; an existing file is replaced, nothing half-written is left.

    Raises
    ------
    StorageError
        If the directory or the file can't be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; this one is as readable as any other of the user.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def inside(folder: str | Path, name: str) -> Path:
    """The file `name` in `folder`, for a name that comes from a file and must not lead out of it.

    Raises
    ------
    InputError
        If the path would lie outside `folder`, or the name is none.
    """
    folder = Path(folder)
    target = folder / name
    usable = bool(name.strip(" .")) and "\0" not in name and not Path(name).is_absolute()
    # Resolved: a link inside the folder may lead out of it as well as two dots can.
    if not usable or folder.resolve() not in target.resolve().parents:
        raise InputError(
            f"the name {name!r} would become a file outside of '{folder}'. Names that become "
            "files are relative and stay in the output directory: no '..', no leading '/'."
        )
    return target


def _cannot_write(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"'{path}' can't be written: {error.strerror or error}. Choose another place with -o, or "
        "make room or rights there."
    )
