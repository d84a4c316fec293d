"""Where a study's simulations run: this machine, or the jobs of a batch queue."""

import re
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from cqdphotonics.codesign.settings import Count, Part
from cqdphotonics.errors import InputError, UnknownNameError

EngineName = Literal["local", "slurm", "pbs", "lsf"]
ENGINES: tuple[str, ...] = get_args(EngineName)

OF_QUEUES = ("queue", "account", "walltime", "memory", "interface", "setup", "extra")
"""Settings that mean nothing on one machine."""


class EngineChoice(Part):
    """The engine of a study: a name alone, or a mapping with these keys.

    What runs on it is the same everywhere; nothing here is part of what determines the answer.
    """

    name: EngineName = "local"
    workers: Count | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="Simulations side by side: processes here (default: the cores), or jobs in the "
        "queue (default: 4).",
    )
    ranks: Count | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="MPI ranks of each simulation. By default 1 in a queue; here 1, or more for a "
        "large simulation while cores would be idle.",
    )
    queue: str = Field(default="", description="Partition (Slurm) or queue; default: the site's.")
    account: str = Field(default="", description="Account or project that is charged.")
    walltime: str = Field(
        default="24:00:00", description="Longest life of a job, HH:MM:SS; a simulation must fit."
    )
    memory: str = Field(default="4GB", description="Memory of each job, e.g. 16GB.")
    interface: str = Field(
        default="", description="Network interface of the driver and the nodes, e.g. ib0."
    )
    setup: tuple[str, ...] = Field(
        default=(), description="Lines of shell before a worker starts, e.g. 'module load meep'."
    )
    extra: tuple[str, ...] = Field(
        default=(), description="More directives of the batch system, e.g. '--constraint=amd'."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.name == "local":
            given = [key for key in OF_QUEUES if getattr(self, key) != _DEFAULTS[key]]
            if given:
                raise ValueError(
                    f"'{given[0]}' belongs to the engines slurm, pbs and lsf; on this machine "
                    "there are only 'workers' and 'ranks'"
                )
        if not re.fullmatch(r"\d{1,4}:[0-5]\d:[0-5]\d", self.walltime):
            raise ValueError(f"walltime '{self.walltime}' is not of the form HH:MM:SS")
        if not re.fullmatch(r"\d+(\.\d+)?\s*[kMGT]i?B", self.memory):
            raise ValueError(f"memory '{self.memory}' is not a number with a unit such as 4GB")
        if re.search(r"[\s,;'\"]", self.queue + self.account):
            raise ValueError("'queue' and 'account' are single names")
        return self

    @property
    def is_queue(self) -> bool:
        """Whether simulations are jobs of a batch system."""
        return self.name != "local"

    def replaced(
        self, name: str | None = None, workers: int | None = None, ranks: int | None = None
    ) -> "EngineChoice":
        """The same with another name or other numbers; on this machine without a queue's settings.

        Raises
        ------
        UnknownNameError, InputError
            If there is no such engine, or a number is below 1.
        """
        if name is not None and name not in ENGINES:
            raise UnknownNameError("engine", name, ENGINES)
        for what, count in (("workers", workers), ("ranks", ranks)):
            if count is not None and count < 1:
                raise InputError(f"{count} {what}: at least 1 is needed.")
        content = self.model_dump()
        if name is not None:
            content["name"] = name
            if name == "local":
                content |= {key: _DEFAULTS[key] for key in OF_QUEUES}
        given = {"workers": workers, "ranks": ranks}
        return EngineChoice(**content | {k: v for k, v in given.items() if v is not None})


_DEFAULTS = {key: field.default for key, field in EngineChoice.model_fields.items()}
