"""A task, a model and an ability for bags of symbols, which together with other toys make one entry of every registry.

The data has two groups of symbols that never share a bag, so that every answer is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from embedlab.core.embedding import Embedding
from embedlab.core.kind import Counts, Kind
from embedlab.evaluation.score import ScoreKind
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.abilities import Ability
from embedlab.models.contract.base import Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.contract.state import State
from embedlab.tasks.base import Parts, PartSizes, Task, required
from tests.kinds.bags import BagsDataset, BagsKind

GROUPS = ("abcd", "wxyz")
#: Every bag lacks one or no symbol of its group.
BAGS = [sorted(set(group) - {left_out}) for group in GROUPS for left_out in (*group, "") for _ in range(4)]
FILE = "".join(f"{','.join(bag)}\n" for bag in BAGS)
Bags = list[list[str]]


class DividedBags(BagsKind):
    """Bags that have a test part."""

    default_shares = (0.1, 0.25)
    cases = "bags"


class Completion(Task[BagsDataset]):
    """Find a symbol that was taken out of a bag."""

    name: ClassVar[str] = "completion"
    title: ClassVar[str] = "Complete bags"
    kind: ClassVar[Kind] = Kind("bags")
    cases: ClassVar[str] = "Bags"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "test_hit_rate"
    baselines: ClassVar[tuple[str, ...]] = ("most_common_symbol",)
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        "covered_symbols": ScoreKind("Covered symbols", "higher", "training", 1.0),
        "test_hit_rate": ScoreKind("Hit rate", "higher", "test", 1.0),
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {"most_common_symbol": "Most common symbol"}

    def split(self, dataset: BagsDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Draw the test part at random."""
        order = np.random.default_rng(required(protocol).seed).permutation(len(dataset.bags))
        shares = np.array([required(protocol).test_share, required(protocol).validation_share])
        ends = np.cumsum(np.round(len(order) * shares)).astype(int)
        test, validation, learned = ([dataset.bags[row] for row in rows] for rows in np.split(order, ends))
        return Parts(learned, (learned, validation, test))

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the share of test bags whose first symbol is of the group that the ability completes them with."""
        completes = result.ability(Completes)
        assert completes is not None
        learned, _, test = parts.held_out
        found = [completes.complete(bag[1:]) in _group(bag) for bag in test]
        ((common, _),) = Counter(symbol for bag in learned for symbol in bag).most_common(1)
        return {
            "test_hit_rate": float(np.mean(found)),
            "covered_symbols": 1.0,
            "n_test": len(test),
            "baselines": {"most_common_symbol": {"test_hit_rate": float(np.mean([common in _group(b) for b in test]))}},
        }

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Return the sizes."""
        return PartSizes(*(len(part) for part in parts.held_out))

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the name of the file of bags."""
        return "bags.txt"

    def write_data(self, dataset: BagsDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path) -> Path:
        """Write a bag a line."""
        path = folder / self.data_file(model)
        path.write_text("".join(f"{','.join(bag)}\n" for bag in dataset.bags), encoding="utf-8")
        return path


class Completes(Ability[BagsDataset]):
    """Finds what belongs into a bag."""

    refusal = "This run does not complete bags."
    folder = "completion"

    def __init__(self, symbols: list[str], counts: np.ndarray) -> None:
        self.symbols, self.counts = symbols, counts

    def complete(self, bag: list[str]) -> str:
        """Return the symbol that shares most bags with those of the bag."""
        rows = [self.symbols.index(symbol) for symbol in bag if symbol in self.symbols]
        shared = self.counts[rows].sum(axis=0)
        shared[rows] = -1
        return self.symbols[int(shared.argmax())]

    def state(self) -> State:
        """Return counts and symbols."""
        return State({"counts": self.counts}, {"symbols": self.symbols})

    @classmethod
    def from_state(cls, state: State) -> Completes:
        """Read them back."""
        return cls(list(state.config["symbols"]), np.array(state.arrays["counts"]))

    def check(self, dataset: BagsDataset) -> None:
        """Complete a bag."""
        self.complete(dataset.bags[0])


class SharedBagsParameters(Parameters):
    """Parameters of the counts."""

    power: float = Field(1.0, gt=0, le=4, description="Exponent of the counts.")


class SharedBags(Model[SharedBagsParameters, Bags]):
    """Counts how many bags two symbols share."""

    name: ClassVar[str] = "shared-bags"
    title: ClassVar[str] = "Shared bags"
    summary: ClassVar[str] = "Counts the bags that two symbols share."
    task: ClassVar[str] = "completion"
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    files: ClassVar[tuple[str, ...]] = ("pairs.csv",)
    parameters_class = SharedBagsParameters
    abilities = (Completes,)

    def defaults(self, counts: Counts) -> SharedBagsParameters:
        """Return the same for all bags."""
        return SharedBagsParameters()

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for few symbols."""
        return "There are few symbols." if counts["symbols"] < 100 else ""

    def estimate(self, counts: Counts, parameters: SharedBagsParameters, n_threads: int) -> Estimate:
        """Return next to nothing."""
        return Estimate(0.5 + counts["bags"] * 1e-6, 50.0)

    def train(self, data: Bags, parameters: SharedBagsParameters, context: Context) -> TrainingResult:
        """Count."""
        symbols = sorted({symbol for bag in data for symbol in bag})
        has = np.array([[symbol in bag for symbol in symbols] for bag in data], np.float32)
        counts = (has.T @ has) ** parameters.power
        context.progress(epoch=0, n_epochs=1, share_of_epoch=1.0)
        context.record(1, loss=0.5)
        embedding = Embedding(counts, symbols, metadata=pd.DataFrame({"count": has.sum(axis=0).astype(np.int64)}))
        pairs = "".join(f"{symbol},{int(row.sum())}\n" for symbol, row in zip(symbols, counts, strict=True))
        return TrainingResult(
            {"symbols": embedding}, State({}), abilities=(Completes(symbols, counts),), texts={"pairs.csv": pairs}
        )

    def script(self, parameters: SharedBagsParameters, data_file: str) -> str:
        """Return a script that counts the lines."""
        return f"print(len(open({data_file!r}).readlines()))\n"


def _group(bag: list[str]) -> str:
    return next(group for group in GROUPS if bag[0] in group)
