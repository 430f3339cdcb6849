"""Models of numeric tables beside scikit-learn's PCA: the explained variance of held-out rows.

``python -m benchmarks.dense [KC_HOUSE.csv]``
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from embedlab.evaluation.numeric_rows import EXPLAINED, KNN, RECALL
from embedlab.models.contract.abilities import PlacesRows
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import MODELS
from embedlab.models.shared.dense_rows.split import NumberColumns, RowsSplit
from embedlab.tasks.rows import score_rows

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
        NumberColumns.of(matrix), names, keys, keys, pd.DataFrame({"group": labels}), train, validation, test
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
                    scores.append(score_rows(cast("PlacesRows", result.abilities[0]), split))
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


def main() -> None:
    """Run the benchmark."""
    quality(Path(sys.argv[1]) if len(sys.argv) > 1 else None)


if __name__ == "__main__":
    main()
