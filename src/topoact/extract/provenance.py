"""What a study was made of, as its ``study.json`` tells: runs of a network over data, one after the other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from topoact.extract.chunks import Pair
from topoact.extract.policies import VECTOR
from topoact.study import LayerEntry, Study

Config: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Provenance:
    """The runs that made a study."""

    study: Study

    @property
    def first(self) -> Config:
        """The config of the first run."""
        return {name: value for name, value in self.study.manifest.config.items() if name != "appended"}

    @property
    def runs(self) -> list[Config]:
        """The configs of all runs."""
        return [self.first, *({**self.first, **step} for step in self._steps)]

    @property
    def data(self) -> list[Config]:
        """The configs of the runs that brought examples."""
        return [run for run in self.runs if run.get("added", "examples") == "examples"]

    @property
    def n_inputs(self) -> int:
        """Number of inputs that the examples came of."""
        return sum(min(run["data"]["n"], run["limit"] or run["data"]["n"]) for run in self.data)

    @property
    def checkpoints(self) -> dict[str | None, Config]:
        """The records of the network, by the names of its checkpoints; None is one without a name."""
        return {run.get("checkpoint"): run["model"] for run in self.runs}

    @property
    def modules(self) -> tuple[str, ...]:
        """The network's layers that the study has."""
        return tuple(dict.fromkeys(layer.module for layer in self._layers))

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that the study has."""
        used = tuple(dict.fromkeys(layer.policy for layer in self._layers if layer.policy != VECTOR))
        return used or tuple(self.first["policies"])

    @property
    def names(self) -> dict[Pair, str]:
        """What layers are called, without their checkpoint; the first that has one gives the name."""
        found: dict[Pair, str] = {}
        for layer in self._layers:
            found.setdefault(_pair(layer), layer.name.removeprefix(f"{layer.checkpoint}/"))
        return found

    def layers(self, checkpoint: str | None, policies: tuple[str, ...]) -> dict[Pair, str]:
        """Return the full names of the layers of one checkpoint; one that gives single vectors is under any policy."""
        found: dict[Pair, str] = {}
        for layer in self._layers:
            if layer.checkpoint == checkpoint:
                asked = policies if layer.policy == VECTOR else ()
                found |= dict.fromkeys([_pair(layer), *((layer.module, policy) for policy in asked)], layer.name)
        return found

    def with_step(self, added: str, config: Config) -> dict[str, Any]:
        """Return the study's config with one more step: what was added to what, and all that the first run had not."""
        changed = {name: value for name, value in config.items() if value != self.first.get(name)}
        step = {"added": added, "study": self.study.digest, **changed}
        return {**self.first, "appended": [*self._steps, step]}

    @property
    def _steps(self) -> list[Config]:
        return list(self.study.manifest.config.get("appended", ()))

    @property
    def _layers(self) -> tuple[LayerEntry, ...]:
        return self.study.manifest.layers


def plain(record: Any) -> Any:
    """Return a record as it is when a study is read."""
    return json.loads(json.dumps(record))


def _pair(layer: LayerEntry) -> Pair:
    return layer.module, layer.policy
