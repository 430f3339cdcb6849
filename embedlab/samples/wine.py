"""The wine sample: chemical measurements of 178 wines, which are shipped with scikit-learn."""

from __future__ import annotations

import csv
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from embedlab.core.errors import StorageError
from embedlab.samples.base import Sample, SampleFiles

#: Names of the measurements, in the order of the file.
MEASUREMENTS: Final = (
    "alcohol",
    "malic acid",
    "ash",
    "alkalinity of ash",
    "magnesium",
    "phenols",
    "flavanoids",
    "nonflavanoid phenols",
    "proanthocyanins",
    "color intensity",
    "hue",
    "OD280/OD315",
    "proline",
)


def write_wines(path: Path) -> None:
    """Write the wines as CSV: a name, the cultivar, and 13 measurements.

    Raises
    ------
    StorageError
        The installed scikit-learn lacks its data.
    """
    with wine_path().open(encoding="utf-8", newline="") as source, path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.reader(source)
        # Number of rows and columns, and names of the classes.
        next(rows)
        writer = csv.writer(out)
        writer.writerow(["wine", "cultivar", *MEASUREMENTS])
        for number, row in enumerate(rows, 1):
            writer.writerow([f"wine {number:03d}", f"cultivar {int(row[-1]) + 1}", *row[:-1]])


def wine_path() -> Path:
    """Return the path of `wine_data.csv` in the installed scikit-learn, without importing scikit-learn."""
    specification = find_spec("sklearn")
    if specification is not None and specification.origin is not None:
        path = Path(specification.origin).parent / "datasets" / "data" / "wine_data.csv"
        if path.exists():
            return path
    raise StorageError(
        "The wine sample is missing from the installed scikit-learn.",
        remedy="Install scikit-learn from its official wheel, or choose another sample.",
    )


def _write(folder: Path) -> SampleFiles:
    path = folder / "wine.csv"
    write_wines(path)
    return SampleFiles(path)


SAMPLE: Final = Sample(
    "wine",
    "Wines",
    "13 chemical measurements of 178 real Italian wines of three cultivars, which nobody tells the model: wines of "
    "one cultivar come together.",
    "table",
    "pca-whitening",
    {"vector_size": 6},
    _write,
)
