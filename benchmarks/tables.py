"""Entity embeddings beside ridge and gradient boosting on two real tables, with the splits of the task.

Usage: python benchmarks/tables.py DATA_FOLDER [SEED ...]
DATA_FOLDER has kc-house/kc_house_data.csv and airbnb-boston/listings.csv.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from embedlab.core.progress import ignore_progress
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.table import TableDataset, TableOptions
from embedlab.kinds.table.importing import import_table
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import model
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.tasks.registry import task

#: Name of the table, file, target, and columns that the model does not get.
TABLES = (
    ("kc-house", "kc-house/kc_house_data.csv", "price", "lat,long"),
    ("kc-house, 13 numbers and zip", "kc-house/kc_house_data.csv", "price", "lat,long,sqft_living15,sqft_lot15,date"),
    ("airbnb-boston", "airbnb-boston/listings.csv", "price", ""),
)


def imported(file: Path, target: str, folder: Path) -> TableDataset:
    """Import a table, predicting the logarithm of its target."""
    options = TableOptions(target=target, target_log=True)
    import_table("table", OpenedUpload(file, Limits()), options, folder, ignore_progress)
    return TableDataset.open(folder)


def scores_of(dataset: TableDataset, leave_out: str, seed: int, **settings: Any) -> dict[str, Any]:
    """Train on 70 % of the rows, choose the epoch on 10 %, train again on 80 %, and score on 20 %."""
    entity, target = model("entity-embeddings"), task("target")
    defaults = entity.defaults(dataset.imported.counts).model_dump()
    parameters = entity.parameters_class.checked({**defaults, "leave_out": leave_out, "seed": seed, **settings})
    with tempfile.TemporaryDirectory() as scratch:
        parts = target.split(dataset, Protocol("random", seed, 0.1, 0.2), Path(scratch))
        result = entity.train(parts.learned, parameters, QuietContext(Path(scratch)))
        return {**result.scores, **target.judge(result, parts)}


def main(data: Path, seeds: list[int]) -> None:
    """Print a row for each table and seed."""
    for title, file, column, leave_out in TABLES:
        with tempfile.TemporaryDirectory() as folder:
            dataset = imported(data / file, column, Path(folder))
            for seed in seeds:
                started = time.perf_counter()
                scores = scores_of(dataset, leave_out, seed)
                base = {name: f"{values['test_r2']:.3f}" for name, values in scores["baselines"].items()}
                pairs = {name: scores["feature_use"][name] for name in ("knn", "linear")}
                use = {name: f"{each['one_hot']:.3f} -> {each['vectors']:.3f}" for name, each in pairs.items()}
                places = {name: f"{each['r2']:.2f}" for name, each in scores.get("places", {}).items()}
                print(
                    f"{title} seed {seed}: R2 {scores['test_r2']:.4f}, MAE {scores['test_mae']:,.0f}, {base}, {use}, "
                    f"places {places}, best epoch {scores['best_epoch']}, {time.perf_counter() - started:.0f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(each) for each in sys.argv[2:]] or [0, 1, 2])
