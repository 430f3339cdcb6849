"""Handwritten digits and their names in ten languages, as an archive of images and a table of pairs.

The images are those of scikit-learn (UCI "Optical Recognition of Handwritten Digits", Alpaydin and Kaynak, 1998). Every
image is paired with its name in every language, and every name with its meaning. With a whole (language, digit) pair
held out, a name is never seen with an image: only its meaning leads to the images.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from embedlab.reading.pictures import as_png
from embedlab.samples.base import Sample, SampleFiles

#: Names of the digits from 0 to 9.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "English": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "German": ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    "French": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "Spanish": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "Italian": ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    "Portuguese": ("zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"),
    "Dutch": ("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"),
    "Swedish": ("noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"),
    "Polish": ("zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć"),
    "Norwegian": ("null", "en", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni"),
}
TABLE: Final = "pairs.csv"
#: Import options of the table.
OPTIONS: Final = {
    "left": "name",
    "left_form": "id",
    "right": "image,meaning",
    "right_forms": "image,id",
    "groups": "language,digit",
}


def digit_images() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the `(1797, 8, 8)` images of scikit-learn, dark on light as written, and their digits."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = np.rint(255 - found.images * (255 / 16)).astype(np.uint8)
    return pixels, found.target.astype(np.int64)


def name_of(language: str, digit: int) -> str:
    """Return a name that says its language: several languages share a spelling."""
    return f"{NAMES[language][digit]} ({language})"


def write_digit_names(path: Path) -> None:
    """Write the archive; the same bytes every time."""
    pixels, digits = digit_images()
    files = [f"digits/{number:04}.png" for number in range(len(pixels))]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["name", "image", "meaning", "language", "digit"])
    for language in NAMES:
        # Without a group: the meaning of a name is always known.
        writer.writerows((name_of(language, digit), "", NAMES["English"][digit], "", "") for digit in range(10))
    for language in NAMES:
        writer.writerows(
            (name_of(language, digit), file, "", language, digit)
            for file, digit in zip(files, digits.tolist(), strict=True)
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(TABLE), table.getvalue(), zipfile.ZIP_DEFLATED)
        for file, image in zip(files, pixels, strict=True):
            archive.writestr(zipfile.ZipInfo(file), as_png(image))


def _write(folder: Path) -> SampleFiles:
    path = folder / "digits_and_names.zip"
    write_digit_names(path)
    return SampleFiles(path)


SAMPLE: Final = Sample(
    "digit-names",
    "Digits and their names",
    "1,797 handwritten digits and their names in ten languages in one space. Some names are never seen with an "
    "image: they are found through their meaning.",
    "pairs",
    "two-tower",
    {"vector_size": 16, "epochs": 20, "batch_size": 256, "learning_rate": 0.01},
    _write,
    OPTIONS,
)
