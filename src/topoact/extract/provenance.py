"""`Provenance`: the runs of a network over data that made a study, as its ``study.json`` records them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from topoact.extract.chunks import Pair
from topoact.extract.policies import VECTOR
from topoact.networks.axes import ALL, AxisChoices
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
        """Names of the layers without their checkpoint; of two checkpoints the first gives the name."""
        names: dict[Pair, str] = {}
        for layer in self._layers:
            names.setdefault(_pair(layer), layer.name.removeprefix(f"{layer.checkpoint}/"))
        return names

    @property
    def axes(self) -> AxisChoices:
        """The axes that users named, each for the layers of its run; of several for one layer the first holds."""
        example: dict[str, int] = {}
        channel: dict[str, int] = {}
        for run in self.runs:
            given = AxisChoices.from_record(run.get("axes"))
            for known, named in ((example, given.example), (channel, given.channel)):
                for layer in run["layers"] or (*named, ALL):
                    if layer in named or ALL in named:
                        known.setdefault(layer, named.get(layer, named.get(ALL, 0)))
        return AxisChoices(example, channel)

    def layers(self, checkpoint: str | None, policies: tuple[str, ...]) -> dict[Pair, str]:
        """Return the full names of the layers of a checkpoint; one that gives single vectors is under all policies."""
        names: dict[Pair, str] = {}
        for layer in self._layers:
            if layer.checkpoint == checkpoint:
                also = policies if layer.policy == VECTOR else ()
                names |= dict.fromkeys([_pair(layer), *((layer.module, policy) for policy in also)], layer.name)
        return names

    def with_step(self, added: str, config: Config) -> dict[str, Any]:
        """Return the study's config with one more step: what was added, and each setting that the first run had not."""
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
    """Return a record as it is once written to JSON and read again."""
    return json.loads(json.dumps(record))


def _pair(layer: LayerEntry) -> Pair:
    return layer.module, layer.policy
