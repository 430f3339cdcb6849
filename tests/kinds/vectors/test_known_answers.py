"""Small files of every kind that people bring, with known vectors: read right, or refused with a flag that helps."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError, UnsureError
from embedlab.core.kind import Kind
from embedlab.kinds.sniffing import sniff
from embedlab.kinds.vectors.importing import VectorsOptions, import_vectors
from embedlab.kinds.vectors.previewing import preview_vectors
from embedlab.reading.sources import Limits

N, SIZE = 24, 6
VECTORS = np.random.default_rng(5).normal(size=(N, SIZE)).round(4).astype(np.float32)
WORDS = [f"w{chr(97 + row)}{'' if row % 3 else 'é'}" for row in range(N)]
NUMBERED = [str(row) for row in range(N)]
CELLS = [[f"{number:.4f}" for number in row] for row in VECTORS.tolist()]


def lines(rows: list[list[str]], separator: str = " ", end: str = "\n") -> str:
    """Return rows as lines."""
    return "".join(separator.join(row) + end for row in rows)


def keyed(keys: list[str], separator: str = " ", end: str = "\n") -> str:
    """Return the vectors with keys."""
    return lines([[key, *row] for key, row in zip(keys, CELLS, strict=True)], separator, end)


def savetxt(**more: Any) -> str:
    """Return what numpy.savetxt writes."""
    stream = io.StringIO()
    np.savetxt(stream, VECTORS, **more)
    return stream.getvalue()


def frame(**more: Any) -> str:
    """Return the vectors as pandas writes a table of them."""
    columns = {f"d{place}": [row[place] for row in CELLS] for place in range(SIZE)}
    return str(pd.DataFrame(columns, index=WORDS).to_csv(**more))


@dataclass(frozen=True)
class Case:
    """A file, perhaps metadata beside it, and what must come out."""

    content: str | bytes
    keys: list[str] = field(default_factory=lambda: WORDS)
    metadata: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    rows: list[int] | None = None
    is_sniffed: bool = True


DIMENSIONS = [f"d{place}" for place in range(SIZE)]
HEADER = ["word", *DIMENSIONS]
CLASSES = [str(row % 3) for row in range(N)]
KINDS = [("setosa", "virginica", "other")[row % 3] for row in range(N)]
IDS = [str(7 * row + 3) for row in range(N)]
RECORDS = [{"word": word, "vector": [float(cell) for cell in row]} for word, row in zip(WORDS, CELLS, strict=True)]
LISTS = [record["vector"] for record in RECORDS]
PLAIN = lines(CELLS, "\t")

CASES: dict[str, Case] = {
    "glove": Case(keyed(WORDS)),
    "glove-crlf": Case(keyed(WORDS, end="\r\n")),
    "glove-trailing-space": Case(keyed(WORDS, end=" \n")),
    "glove-no-last-line-end": Case(keyed(WORDS).rstrip("\n")),
    "glove-tabs": Case(keyed(WORDS, "\t")),
    "glove-tab-then-spaces": Case(keyed(WORDS).replace(" ", "\t", 1).replace("\nw", "\nw")),
    "glove-bom": Case(keyed(WORDS).encode("utf-8-sig")),
    "glove-utf-16": Case(keyed(WORDS).encode("utf-16")),
    "glove-utf-16-le-without-mark": Case(keyed(WORDS).encode("utf-16-le")),
    "glove-cp1252": Case(keyed(WORDS).encode("cp1252")),
    "glove-cp1250": Case(keyed([f"{word}ł" for word in WORDS]).encode("cp1250"), [f"{word}ł" for word in WORDS]),
    "glove-cp1251": Case(
        keyed([f"слово{chr(0x430 + row)}" for row in range(N)]).encode("cp1251"),
        [f"слово{chr(0x430 + row)}" for row in range(N)],
        options={"encoding": "cp1251"},
    ),
    "glove-keys-with-spaces": Case(keyed([". . .", *WORDS[1:]]), [". . .", *WORDS[1:]]),
    "glove-some-keys-are-numbers": Case(keyed(["1999", "7", *WORDS[2:]]), ["1999", "7", *WORDS[2:]]),
    "glove-key-number-sign": Case(keyed(["#", *WORDS[1:]]), ["#", *WORDS[1:]]),
    "glove-key-comma": Case(keyed([",", *WORDS[1:]]), [",", *WORDS[1:]]),
    "glove-key-quote": Case(keyed(['"', *WORDS[1:]]), ['"', *WORDS[1:]]),
    "glove-key-zero-width": Case(keyed(["a\u200cb", "\u200d", *WORDS[2:]]), ["a\u200cb", "\u200d", *WORDS[2:]]),
    "glove-decimal-comma": Case(keyed(WORDS).replace(".", ","), changes={"converted rows with a decimal comma": N}),
    "word2vec": Case(f"{N} {SIZE}\n{keyed(WORDS)}"),
    "word2vec-crlf": Case(f"{N} {SIZE}\r\n{keyed(WORDS, end=chr(13) + chr(10))}"),
    "word2vec-one-too-many": Case(f"{N + 1} {SIZE}\n{keyed(WORDS)}"),
    "word2vec-one-too-few": Case(f"{N - 1} {SIZE}\n{keyed(WORDS)}"),
    "word2vec-size-off-by-one": Case(f"{N} {SIZE + 1}\n{keyed(WORDS)}"),
    "word2vec-ids": Case(f"{N} {SIZE}\n{keyed(IDS)}", IDS),
    "word2vec-header-without-names": Case(f"{N} {SIZE}\n{lines(CELLS)}", NUMBERED),
    "word2vec-bom": Case(f"{N} {SIZE}\n{keyed(WORDS)}".encode("utf-8-sig")),
    "duplicates-first": Case(
        f"{keyed(WORDS)}{WORDS[2]} {' '.join(CELLS[0])}\n",
        changes={"merged rows with a key that occurs before, the first is kept": 1},
    ),
    "row-too-short": Case(
        keyed(WORDS).replace(f" {CELLS[4][-1]}\n", "\n"),
        [word for word in WORDS if word != WORDS[4]],
        rows=[row for row in range(N) if row != 4],
        changes={"left_out rows with another number of dimensions": 1},
    ),
    "row-too-long": Case(
        keyed(WORDS).replace(f" {CELLS[4][-1]}\n", f" {CELLS[4][-1]} 0.5\n"),
        [word for word in WORDS if word != WORDS[4]],
        rows=[row for row in range(N) if row != 4],
        changes={"left_out rows with another number of dimensions": 1},
    ),
    "row-nan": Case(
        keyed(WORDS).replace(f" {CELLS[4][-1]}\n", " nan\n"),
        [word for word in WORDS if word != WORDS[4]],
        rows=[row for row in range(N) if row != 4],
        changes={"left_out rows with NaN or an infinite number": 1},
    ),
    "row-infinite": Case(
        keyed(WORDS).replace(f" {CELLS[4][-1]}\n", " -inf\n"),
        [word for word in WORDS if word != WORDS[4]],
        rows=[row for row in range(N) if row != 4],
        changes={"left_out rows with NaN or an infinite number": 1},
    ),
    "row-no-number": Case(
        keyed(WORDS).replace(f" {CELLS[4][2]} ", " zero "),
        [word for word in WORDS if word != WORDS[4]],
        rows=[row for row in range(N) if row != 4],
        changes={"left_out rows with something that is not a number": 1},
    ),
    "empty-key": Case(
        keyed([*WORDS[:4], "", *WORDS[5:]]),
        [word for word in WORDS if word != WORDS[4]],
        rows=[row for row in range(N) if row != 4],
        changes={"left_out rows with an empty key": 1},
    ),
    "savetxt": Case(savetxt(), NUMBERED),
    "savetxt-tabs": Case(savetxt(delimiter="\t"), NUMBERED),
    "savetxt-commas": Case(savetxt(delimiter=","), NUMBERED),
    "savetxt-comma-and-space": Case(savetxt(delimiter=", "), NUMBERED),
    "savetxt-header": Case(savetxt(header="my vectors\nsecond line"), NUMBERED),
    "savetxt-footer": Case(savetxt(footer="the end"), NUMBERED, changes={"left_out lines with a comment": 1}),
    "savetxt-semicolons": Case(savetxt(delimiter=";"), NUMBERED),
    "numbers-decimal-comma": Case(
        lines(CELLS, ";").replace(".", ","), NUMBERED, changes={"converted rows with a decimal comma": N}
    ),
    "numbers-counted": Case(lines([[str(row), *cells] for row, cells in enumerate(CELLS)]), NUMBERED),
    "numbers-keys-chosen": Case(keyed(IDS), IDS, options={"keys": "named"}, is_sniffed=False),
    "csv-header": Case(lines([HEADER, *([w, *c] for w, c in zip(WORDS, CELLS, strict=True))], ",")),
    "csv-no-header": Case(keyed(WORDS, ",")),
    "csv-quoted-keys": Case(
        lines([HEADER, *([f'"{w}, x"', *c] for w, c in zip(WORDS, CELLS, strict=True))], ","),
        [f"{word}, x" for word in WORDS],
    ),
    "csv-no-header-quoted-keys": Case(
        lines([[f'"{w}, x"', *c] for w, c in zip(WORDS, CELLS, strict=True)], ","), [f"{word}, x" for word in WORDS]
    ),
    "csv-semicolons-decimal-comma": Case(
        lines([HEADER, *([w, *c] for w, c in zip(WORDS, CELLS, strict=True))], ";").replace(".", ","),
        changes={"converted rows with a decimal comma": N},
    ),
    "csv-pandas-index": Case(frame()),
    "csv-pandas-numbered-columns": Case(
        lines([["", *map(str, range(SIZE))], *([w, *c] for w, c in zip(WORDS, CELLS, strict=True))], ",")
    ),
    "csv-header-without-key": Case(frame(index=False), NUMBERED),
    "csv-columns-shuffled": Case(
        lines([[*DIMENSIONS[::-1], "word"], *([*c[::-1], w] for w, c in zip(WORDS, CELLS, strict=True))], ",")
    ),
    "csv-metadata": Case(
        lines([["word", "count", *DIMENSIONS], *([w, str(9 - r % 4), *CELLS[r]] for r, w in enumerate(WORDS))], ","),
        columns={"count": [9 - row % 4 for row in range(N)]},
    ),
    "csv-empty-cell": Case(
        lines([HEADER, *([w, *c] for w, c in zip(WORDS, CELLS, strict=True))], ",").replace(f",{CELLS[4][2]},", ",,"),
        [word for word in WORDS if word != WORDS[4]],
        rows=[row for row in range(N) if row != 4],
        changes={"left_out rows with something that is not a number": 1},
    ),
    "csv-lists": Case(
        lines([["word", "vector"], *([w, f'"[{", ".join(c)}]"'] for w, c in zip(WORDS, CELLS, strict=True))], ",")
    ),
    "tsv-header": Case(lines([HEADER, *([w, *c] for w, c in zip(WORDS, CELLS, strict=True))], "\t")),
    "projector-names": Case(PLAIN, metadata=lines([[word] for word in WORDS])),
    "projector-classes": Case(PLAIN, NUMBERED, lines([[one] for one in CLASSES]), columns={"class": [0, 1, 2]}),
    "projector-classes-with-header": Case(
        PLAIN, NUMBERED, lines([["kind"], *([one] for one in KINDS)]), columns={"kind": KINDS[:3]}
    ),
    "projector-iris": Case(
        PLAIN,
        NUMBERED,
        lines([["length", "species"], *([str(r % 5), KINDS[r]] for r in range(N))], "\t"),
        columns={"species": KINDS[:3], "length": [0, 1, 2]},
    ),
    "projector-label-is-a-class": Case(
        PLAIN,
        NUMBERED,
        lines([["label", "size"], *([KINDS[r], str(r % 5)] for r in range(N))], "\t"),
        columns={"class": KINDS[:3]},
    ),
    "projector-several-columns-no-header": Case(
        PLAIN, metadata=lines([[KINDS[r], w] for r, w in enumerate(WORDS)], "\t"), columns={"column 0": KINDS[:3]}
    ),
    "projector-key-column": Case(
        PLAIN,
        [f"{word}!" for word in WORDS],
        lines([["word", "other"], *([w, f"{w}!"] for w in WORDS)], "\t"),
        options={"key_column": "other"},
    ),
    "projector-utf-16-names": Case(PLAIN, metadata="\ufeff" + lines([[word] for word in WORDS])),
    "projector-csv-metadata": Case(
        PLAIN,
        metadata=lines([["word", "kind"], *([w, KINDS[r]] for r, w in enumerate(WORDS))], ","),
        columns={"kind": KINDS[:3]},
    ),
    "json-by-word": Case(json.dumps(dict(zip(WORDS, LISTS, strict=True)))),
    "json-by-word-indented": Case(json.dumps(dict(zip(WORDS, LISTS, strict=True)), indent=1)),
    "json-lists": Case(json.dumps(LISTS), NUMBERED),
    "json-objects": Case(json.dumps(RECORDS)),
    "json-data": Case(json.dumps({"model": "m", "data": [{"embedding": one} for one in LISTS]}), NUMBERED),
    "json-columns": Case(json.dumps({"words": WORDS, "vectors": LISTS}), is_sniffed=False),
    "json-repeated-member": Case(
        json.dumps(dict(zip(WORDS, LISTS, strict=True)))[:-1] + f', "{WORDS[0]}": {LISTS[1]}}}',
        changes={"merged rows with a key that occurs before, the first is kept": 1},
    ),
    "jsonl-objects": Case("".join(json.dumps(record) + "\n" for record in RECORDS)),
    "jsonl-lists": Case("".join(json.dumps(one) + "\n" for one in LISTS), NUMBERED),
    "jsonl-numbered-members": Case(
        "".join(
            json.dumps({"word": w, **{f"d{place}": number for place, number in enumerate(one)}}) + "\n"
            for w, one in zip(WORDS, LISTS, strict=True)
        ),
        is_sniffed=False,
    ),
}


@pytest.mark.parametrize("name", CASES, ids=list(CASES))
def test_file_is_read_right(tmp_path, name):
    case = CASES[name]
    path, beside = tmp_path / "file", tmp_path / "beside"
    path.write_bytes(case.content.encode() if isinstance(case.content, str) else case.content)
    metadata = None
    if case.metadata is not None:
        beside.write_bytes(case.metadata.encode("utf-16" if "utf-16" in name else "utf-8"))
        metadata = beside
    options = VectorsOptions(**case.options)
    if case.is_sniffed:
        assert sniff(path, Limits()).kind == Kind.VECTORS
    read = import_vectors(path, options=options, metadata_path=metadata)
    assert list(read.embedding.keys) == case.keys
    expected = VECTORS if case.rows is None else VECTORS[case.rows]
    assert np.allclose(read.embedding.vectors, expected, atol=1e-6)
    for column, first in case.columns.items():
        assert read.embedding.metadata[column].tolist()[: len(first)] == first
    found = {
        f"{part} {reason}": counted["count"]
        for part, reasons in read.changes.as_details().items()
        for reason, counted in reasons.items()
    }
    assert found == case.changes
    # The browser shows what the import will do.
    previewed, is_complete = preview_vectors(path, options, metadata_path=metadata, limits=Limits())
    assert is_complete
    assert list(previewed.embedding.keys) == case.keys


UNSURE = {
    "first-number-may-be-a-key": (keyed(IDS), None, "--keys numbered"),
    "whole-numbers": (lines([[str(9 * r), str(r), str(r % 4)] for r in range(N)]), None, "--keys named"),
    "names-or-classes": (PLAIN, lines([[WORDS[row % 17]] for row in range(N)]), "--keys numbered"),
}


@pytest.mark.parametrize("name", UNSURE, ids=list(UNSURE))
def test_unclear_files_are_refused_with_samples_and_the_flag(tmp_path, name):
    content, metadata, flag = UNSURE[name]
    path, beside = tmp_path / "file", tmp_path / "beside"
    path.write_text(content)
    if metadata is not None:
        beside.write_text(metadata)
    with pytest.raises(UnsureError) as caught:
        import_vectors(path, metadata_path=beside if metadata is not None else None)
    assert caught.value.exit_code == 2
    assert flag in caught.value.remedy
    assert all(choice.sample for choice in caught.value.choices)
    # Each choice makes the file readable.
    keys = set()
    for choice in caught.value.choices:
        options = VectorsOptions.model_validate(choice.options)
        read = import_vectors(path, options=options, metadata_path=beside if metadata is not None else None)
        keys.add(tuple(read.embedding.keys))
    assert len(keys) == len(caught.value.choices)


def test_few_accented_keys_do_not_tell_the_encoding(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(keyed(["na\xefve", *[f"w{row}" for row in range(1, N)]]).encode("cp1252"))
    with pytest.raises(UnsureError) as caught:
        import_vectors(path)
    assert "na\xefve" in [choice.sample for choice in caught.value.choices]
    read = import_vectors(path, options=VectorsOptions(encoding="cp1252"))
    assert read.embedding.keys[0] == "na\xefve"


def test_stray_bytes_in_utf8_are_counted(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(keyed(WORDS).encode().replace("waé".encode(), b"wa\xe9"))
    read = import_vectors(path)
    assert list(read.embedding.keys) == WORDS
    (counted,) = read.changes.as_details()["converted"].values()
    assert counted == {"count": 1, "examples": ["waé"]}


@pytest.mark.parametrize(
    ("duplicates", "expected"), [("first", [1, 2]), ("last", [5, 6]), ("mean", [3, 4])], ids=["first", "last", "mean"]
)
def test_duplicates_are_merged_as_chosen(tmp_path, duplicates, expected):
    path = tmp_path / "file"
    path.write_text("a 1 2.0\nb 3 4\na 5 6\n")
    embedding = import_vectors(path, options=VectorsOptions(duplicates=duplicates)).embedding
    assert (list(embedding.keys), embedding.vectors.tolist()) == (["a", "b"], [expected, [3, 4]])


def test_many_bad_rows_are_refused_with_the_line(tmp_path):
    path = tmp_path / "file"
    content = f"{N} {SIZE}\n{keyed(WORDS)}"
    for row in (4, 5, 7):
        content = content.replace(f" {CELLS[row][-1]}\n", "\n")
    path.write_text(content)
    with pytest.raises(InputError, match="different lengths") as caught:
        import_vectors(path)
    assert "row 5 (line 6)" in (caught.value.received or "")


def test_metadata_stays_beside_its_vector_where_rows_are_left_out(tmp_path):
    (tmp_path / "v").write_text(PLAIN.replace(f"\t{CELLS[4][-1]}\n", "\tnan\n").replace(f"\t{CELLS[9][-1]}\n", "\n"))
    (tmp_path / "m").write_text(lines([[word] for word in WORDS]))
    embedding = import_vectors(tmp_path / "v", metadata_path=tmp_path / "m").embedding
    kept = [row for row in range(N) if row not in {4, 9}]
    assert list(embedding.keys) == [WORDS[row] for row in kept]
    assert np.allclose(embedding.vectors, VECTORS[kept], atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        "user,item,rating\n" + "".join(f"u{r},i{r % 5},{1 + r % 5}.5\n" for r in range(N)),
        "1\t5\t3.5\t97000\n" * 9,
        "user,"
        + ",".join(f"Film {p}" for p in range(9))
        + "\n"
        + "".join(f"u{r}," + ",".join("12345"[(r + p) % 5] for p in range(9)) + "\n" for r in range(N)),
        "id,price,sqft\n" + "".join(f"{r},{r * 1000},{r * 7}\n" for r in range(N)),
        '{"text": "a b c", "geo": [1, 2]}\n' * 9,
        "the cat sat\non the mat\n" * 9,
    ],
    ids=["ratings", "ratings-without-header", "wide-ratings", "houses", "json-text", "prose"],
)
def test_other_data_is_not_taken_for_vectors(tmp_path, content):
    (tmp_path / "file").write_text(content)
    assert sniff(tmp_path / "file", Limits()).kind != Kind.VECTORS
