"""Models of numeric tables beside scikit-learn's PCA, and their time and memory for large tables.

``python -m benchmarks.dense quality [KC_HOUSE.csv]`` writes the explained variance of held-out rows;
``python -m benchmarks.dense size MODEL [N_ROWS N_COLUMNS]`` imports and trains once, beside the estimate.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from embedlab.kinds.base import BuildContext, Imported
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import MODELS
from embedlab.models.shared.dense_rows.split import NumberColumns, RowsSplit
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.tasks.registry import task_of
from embedlab.tasks.rows import EXPLAINED, KNN, RECALL, score_rows

SEEDS = (0, 1, 2)
SIZES = {"wine": (2, 6), "digits": (2, 16), "kc-house": (2, 6)}


def tables(kc_house: Path | None) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Return numbers and labels of each table."""
    wine, digits = load_wine(), load_digits()
    found = {
        "wine": (wine.data, [f"class {label}" for label in wine.target]),
        "digits": (digits.data, [f"digit {label}" for label in digits.target]),
    }
    if kc_house is not None:
        sales = pd.read_csv(kc_house)
        numbers = sales.drop(columns=["id", "date", "zipcode", "price"]).select_dtypes("number")
        found["kc-house"] = (numbers.to_numpy(np.float64), sales["zipcode"].astype(str).tolist())
    return found


def split_of(matrix: np.ndarray, labels: list[str], seed: int) -> RowsSplit:
    """Return a random split: 10 % for validation, 20 % for the test."""
    n_rows = len(matrix)
    order = np.random.default_rng(seed).permutation(n_rows)
    test, validation, train = (np.sort(part) for part in np.split(order, [n_rows // 5, n_rows * 3 // 10]))
    names, keys = [f"c{column}" for column in range(matrix.shape[1])], [str(row) for row in range(n_rows)]
    return RowsSplit(
        NumberColumns.of(matrix), names, keys, keys, pd.DataFrame({"label": labels}), train, validation, test
    )


def sklearn_explained(split: RowsSplit, size: int) -> float:
    """Return the explained variance of the held-out rows by scikit-learn's PCA."""
    scaler = StandardScaler().fit(split.values.rows(split.known))
    known, test = (scaler.transform(split.values.rows(rows)) for rows in (split.known, split.test))
    pca = PCA(size).fit(known)
    return float(1 - np.square(pca.inverse_transform(pca.transform(test)) - test).sum() / np.square(test).sum())


def quality(kc_house: Path | None) -> None:
    """Write a line for each table, size and model: means over the seeds."""
    linear = MODELS["autoencoder"].presets()["linear (equals PCA)"]
    models: dict[str, tuple[str, dict[str, Any]]] = {
        "pca-whitening": ("pca-whitening", {}),
        "autoencoder": ("autoencoder", {}),
        "linear autoencoder": ("autoencoder", dict(linear)),
    }
    for name, (matrix, labels) in tables(kc_house).items():
        counts = {"rows": len(matrix), "columns": matrix.shape[1], "numbers": matrix.shape[1]}
        for size in SIZES[name]:
            splits = [split_of(matrix, labels, seed) for seed in SEEDS]
            print(json.dumps({"table": name, "size": size, "sklearn_pca": mean_of(splits, size)}), flush=True)
            for title, (model_name, more) in models.items():
                model = MODELS[model_name]
                values = {**model.defaults(counts).model_dump(), **more, "vector_size": size}
                parameters = model.parameters_class.checked(values)
                scores, seconds = [], []
                for split in splits:
                    started = time.perf_counter()
                    with tempfile.TemporaryDirectory() as folder:
                        result = model.train(split.without_test(), parameters, QuietContext(Path(folder)))
                    seconds.append(time.perf_counter() - started)
                    scores.append(score_rows(result.abilities[0], split))
                line = {each: round(float(np.mean([of[each] for of in scores])), 4) for each in (EXPLAINED, RECALL)}
                line[KNN] = round(float(np.mean([of.get(KNN, np.nan) for of in scores])), 4)
                line["knn_standardized"] = round(
                    float(np.mean([of["baselines"]["standardized"].get(KNN, np.nan) for of in scores])), 4
                )
                seconds_text = round(float(np.median(seconds)), 1)
                print(json.dumps({"table": name, "size": size, "model": title, **line, "s": seconds_text}), flush=True)


def mean_of(splits: list[RowsSplit], size: int) -> float:
    """Return the mean explained variance of scikit-learn's PCA."""
    return round(float(np.mean([sklearn_explained(split, size) for split in splits])), 4)


def size(model_name: str, n_rows: int, n_columns: int) -> None:
    """Import a table and train on it once; write time and peak memory beside the estimate."""
    model = MODELS[model_name]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(0)
        mixing = rng.normal(size=(5, n_columns))
        path = folder / "table.csv"
        for start in range(0, n_rows, 100_000):
            hidden = rng.normal(size=(min(100_000, n_rows - start), 5))
            rows = np.tanh(hidden) @ mixing + 0.3 * rng.normal(size=(len(hidden), n_columns))
            frame = pd.DataFrame(rows, columns=[f"sensor {column}" for column in range(n_columns)])
            frame.to_csv(path, mode="a", header=start == 0, index=False, float_format="%.5f")
        (folder / "set").mkdir()
        (folder / "scratch").mkdir()
        # In a process of its own, as the app does, so that its peak memory is its own.
        command = [sys.executable, "-m", "benchmarks.dense", "import", str(path), str(folder / "set")]
        of_import = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        table, imported = kind("table"), Imported.load(folder / "set")
        parameters = model.defaults(imported.counts)
        estimate = model.estimate(imported.counts, parameters, 1)
        started, cpu = time.perf_counter(), time.process_time()
        parts = task_of(model).split(table.open(folder / "set"), Protocol("random", 0, 0.1, 0.2), folder)
        context = QuietContext(folder / "scratch")
        result = model.train(parts.learned, parameters, context)
        train_s, train_cpu_s = time.perf_counter() - started, time.process_time() - cpu
        train_mb = peak_mb()
        scores = task_of(model).judge(result, parts)
        line = {
            "model": model_name,
            "rows": n_rows,
            "columns": n_columns,
            **of_import,
            "train_s": round(train_s, 1),
            "train_cpu_s": round(train_cpu_s, 1),
            "estimate_s": round(estimate.seconds, 1),
            "judge_s": round(time.perf_counter() - started - train_s, 1),
            "train_peak_mb": round(train_mb),
            "judge_peak_mb": round(peak_mb()),
            "estimate_mb": round(estimate.memory_mb),
            "epochs": len(context.history),
            "explained": round(scores[EXPLAINED], 4),
            "pca": round(scores["baselines"]["pca"][EXPLAINED], 4),
        }
        print(json.dumps(line), flush=True)


def import_file(path: Path, folder: Path) -> None:
    """Import a file as a table; write time and peak memory."""
    table, upload = kind("table"), OpenedUpload(path, Limits())
    started, cpu = time.perf_counter(), time.process_time()
    table.build(upload, table.guess_options(upload), folder, BuildContext())
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    print(json.dumps({"import_s": round(seconds, 1), "import_cpu_s": round(cpu_s, 1), "import_mb": round(peak_mb())}))


def peak_mb() -> float:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    """Run what the arguments say."""
    if sys.argv[1] == "quality":
        quality(Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    elif sys.argv[1] == "import":
        import_file(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        n_rows, n_columns = (int(each) for each in (sys.argv[3:5] or ("1000000", "20")))
        size(sys.argv[2], n_rows, n_columns)


if __name__ == "__main__":
    main()
