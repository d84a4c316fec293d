"""Outcomes of a study so far, so that going on costs nothing for what was evaluated before.

The store keeps simulations; this file beside it keeps what became of them. An outcome is taken
from here only if nothing that it depends on has changed: the program's own sources and libraries
are part of its key. Otherwise it is formed anew from the store.
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

from cqdphotonics.codesign.evaluation import Outcome
from cqdphotonics.fdtd.store import storage_error

Evaluate = Callable[[dict[str, float]], Outcome]


@cache
def fingerprint() -> str:
    """Hash of the program's own files."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(names):
            digest.update(f"{folder}/{name}".removeprefix(str(root)).encode())
            digest.update((Path(folder) / name).read_bytes())
    return digest.hexdigest()


class Memory:
    """A file with one outcome a line; appended, never rewritten.

    Parameters
    ----------
    path : Path
        The file. A last line that a crash left unfinished is cut off.
    depends : str
        What all outcomes depend on beside fidelity and parameters.
    """

    def __init__(self, path: Path, depends: str) -> None:
        self._path = path
        self._depends = depends
        self._writing = threading.Lock()
        self._known: dict[str, Outcome] = {}
        try:
            data = path.read_bytes() if path.exists() else b""
            whole = data[: data.rfind(b"\n") + 1]
            if len(whole) < len(data):
                os.truncate(path, len(whole))
        except OSError as error:
            raise storage_error(path, error) from error
        for line in whole.splitlines():
            try:
                record = json.loads(line)
                key = record.pop("key")
                self._known[key] = Outcome(**record)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # of another version, or damaged: it is evaluated again

    def _key(self, fidelity: str, parameters: Mapping[str, float]) -> str:
        text = json.dumps([self._depends, fidelity, sorted(parameters.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def remembering(self, evaluate: Evaluate, fidelity: str) -> Evaluate:
        """`evaluate` (at `fidelity`), asked only for what is not known yet; for any thread."""

        def recall(parameters: dict[str, float]) -> Outcome:
            key = self._key(fidelity, parameters)
            known = self._known.get(key)
            if known is None:
                known = evaluate(parameters)
                self._put(key, known)
            return known

        return recall

    def _put(self, key: str, outcome: Outcome) -> None:
        line = json.dumps({"key": key, **asdict(outcome)}, ensure_ascii=False)
        with self._writing:
            self._known[key] = outcome
            try:
                with self._path.open("ab") as handle:
                    handle.write(line.encode() + b"\n")
            except OSError as error:
                raise storage_error(self._path, error) from None
