"""Files given together: which holds the data, what the others are for it, and that none is left out in silence."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.companion_match import CompanionMatch, NamedFile
from embedlab.kinds.registry import register
from embedlab.kinds.together import arrange
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from tests.kinds.bags import SAMPLE, BagsKind

RATINGS = "userId,movieId,rating\n" + "".join(
    f"{user},{movie},{1 + (user + movie) % 5}\n" for user in range(1, 21) for movie in range(101, 111)
)
TITLES = "movieId,title,genres\n" + "".join(f"{movie},Film {movie} (1999),Drama\n" for movie in range(101, 113))
TAGS = "userId,movieId,tag,timestamp\n" + "".join(f"{user},{100 + user % 4 + 1},calm,1\n" for user in range(1, 21))
VECTORS = "".join(f"0.{n}\t1.5\t-2.{n}\n" for n in range(1, 31))
CLASSES = "".join(f"{n % 3}\n" for n in range(30))
TEXTS = "".join(f"the {'cat' if n % 2 else 'dog'} number {n} sat on the mat\n" for n in range(40))
LABELS = "pet\nwild\n" * 20
NOTES = "These notes explain how the files were made, and by whom.\n"


@pytest.fixture
def named(tmp_path: Path):
    """Write files by name and return them opened."""

    def write(files: dict[str, str | bytes]) -> list[NamedFile]:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return [NamedFile(name, OpenedUpload(tmp_path / name, Limits())) for name in files]

    return write


def parts(files: list[NamedFile]) -> tuple[str, list[str], dict[str, str], list[str]]:
    """Return kind, names of the main files, names by companion, and names of files that are not used."""
    found = arrange(files)
    return (
        found.kind,
        [files[number].name for number in found.main],
        {match.companion: files[number].name for number, match in found.companions.items()},
        [files[each.file].name for each in found.unused],
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"r.csv": RATINGS, "m.csv": TITLES}, ("ratings", ["r.csv"], {"items": "m.csv"}, [])),
        (
            {"r.csv": RATINGS, "m.csv": TITLES, "t.csv": TAGS},
            ("ratings", ["r.csv"], {"items": "m.csv", "tags": "t.csv"}, []),
        ),
        ({"v.tsv": VECTORS, "c.tsv": CLASSES}, ("vectors", ["v.tsv"], {"items": "c.tsv"}, [])),
        ({"texts.txt": TEXTS, "labels.txt": LABELS}, ("text", ["texts.txt"], {"labels": "labels.txt"}, [])),
    ],
    ids=["titles", "titles-tags", "vectors", "labels"],
)
def test_parts_do_not_depend_on_the_order(files, expected, named) -> None:
    opened = named(files)
    for order in permutations(opened):
        assert parts(list(order)) == expected


def test_a_match_counts_the_ids_that_fit(named) -> None:
    found = arrange(named({"r.csv": RATINGS, "m.csv": TITLES}))
    assert found.companions[1].summary == "titles of 10 of 10 items"
    assert (found.companions[1].n_matched, found.companions[1].n_expected) == (10, 10)


def test_a_file_that_fits_nothing_is_named_with_the_reason(named) -> None:
    files = named({"r.csv": RATINGS, "README.txt": NOTES, "broken.bin": b"\x7fELF\x00\x01\x02" * 100})
    found = arrange(files)
    assert {files[each.file].name for each in found.unused} == {"README.txt", "broken.bin"}
    reasons = {files[each.file].name: each.reason for each in found.unused}
    assert "second file of the ratings" in reasons["README.txt"]
    assert "binary" in reasons["broken.bin"]


def test_texts_of_one_shape_are_one_dataset_and_a_table_beside_them_is_not(named) -> None:
    files = {"a.txt": TEXTS, "b.txt": TEXTS.upper(), "t.csv": "name,remark\n" + "x,a calm and long remark\n" * 9}
    assert parts(named(files)) == ("text", ["a.txt", "b.txt"], {}, ["t.csv"])


def test_many_texts_are_not_compared_with_each_other(named, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedlab.kinds.together.match_of", lambda *_: pytest.fail("compared"))
    files = named({f"{n}.txt": TEXTS for n in range(13)})
    assert len(arrange(files).main) == 13


def test_without_a_readable_file_the_error_says_why(named) -> None:
    with pytest.raises(InputError, match="binary"):
        arrange(named({"a.bin": b"\x7fELF\x00\x01\x02" * 100, "b.bin": b"\x7fELF\x00\x01\x02" * 90}))
    with pytest.raises(InputError, match="no file"):
        arrange([])


class _NamedBags(BagsKind):
    def match_companion(self, main: NamedFile, other: NamedFile) -> CompanionMatch | None:
        names = [line for line in other.upload.lines if "=" in line]
        return CompanionMatch("names", 0.9, f"{len(names)} names", len(names), 4) if names else None


def test_a_new_kind_recognizes_its_own_second_file(named) -> None:
    with register(_NamedBags()):
        files = named({"names.txt": "a=apple\nb=bread\n", "bags.txt": SAMPLE})
        assert parts(files) == ("bags", ["bags.txt"], {"names": "names.txt"}, [])
