"""Small good files of every format that is imported, made by code; mutations begin with them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

_WORDS = [
    "the",
    "cat",
    "sat",
    "on",
    "a",
    "mat",
    "while",
    "seven",
    "old",
    "dogs",
    "ran",
    "through",
    "new",
    "york",
    "past",
    "the",
    "harbour",
    "café",
    "naïve",
    "東京",
]
_KEYS = ["king", "queen", "new york", "paris", "naïve", "東京", "dog", "cat"]


@dataclass(frozen=True)
class Seed:
    """A good file: what it is imported as, its content, and the content of the file that comes with it."""

    name: str
    kind: str
    content: bytes
    beside: bytes | None = None


def seeds() -> list[Seed]:
    """Return all seeds, the same ones each time."""
    return [*_texts(), *_ratings(), *_vectors(), *_questions(), *_discrete()]


def _sentences(n: int) -> list[str]:
    random = np.random.default_rng(n)
    return [" ".join(random.choice(_WORDS, 9)) for _ in range(n)]


def _csv(rows: list[list[str]], separator: str) -> bytes:
    return "".join(separator.join(row) + "\n" for row in rows).encode()


def parquet(columns: Mapping[str, Any]) -> bytes:
    """Return a table as a Parquet file."""
    stream = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), stream)
    return stream.getvalue()


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return files as a zip archive that is the same for the same files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return stream.getvalue()


def _texts() -> list[Seed]:
    lines = _sentences(40)
    plain = "\n".join(lines).encode()
    rows = [[f"{number}", "ham" if number % 3 else "spam", f'"{line}, and so on"'] for number, line in enumerate(lines)]
    table = _csv([["id", "label", "text"], *rows], ",")
    records = [{"id": number, "text": line, "tags": ["a", {"b": number}]} for number, line in enumerate(lines)]
    cells = {"text": lines, "label": ["a", "b"] * 20, "n": list(range(40))}
    when = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(40)]
    odd = {
        "nested": [{"a": [1, None], "b": "x"}] * 40,
        "when": pa.array(when, pa.timestamp("us", "Europe/Berlin")),
        "words": pa.array(lines).dictionary_encode(),
        "bytes": [line.encode() for line in lines],
        "nothing": pa.nulls(40),
        "amount": pa.array(range(40), pa.decimal128(12, 2)),
    }
    return [
        Seed("lines.txt", "text", plain),
        Seed("paragraphs.txt", "text", plain.replace(b"\n", b"\n\n")),
        Seed("utf16.txt", "text", plain.decode().encode("utf-16")),
        Seed("cp1252.txt", "text", "\n".join(["naïve café — déjà vu “quoted”"] * 30).encode("cp1252")),
        Seed("table.csv", "text", table),
        Seed("table.tsv", "text", table.replace(b",", b"\t")),
        Seed("records.jsonl", "text", "\n".join(map(json.dumps, records)).encode()),
        Seed("table.parquet", "text", parquet(cells)),
        Seed("odd.parquet", "text", parquet(odd)),
        Seed("files.zip", "text", zipped({"a/one.txt": plain, "b/two.txt": plain[:300], "b/three.csv": table})),
        Seed("stored.zip", "text", zipped({"one.txt": plain}, zipfile.ZIP_STORED)),
        Seed("lines.txt.gz", "text", gzip.compress(plain, mtime=0)),
        Seed("lines.txt.bz2", "text", bz2.compress(plain)),
        Seed("lines.txt.xz", "text", lzma.compress(plain)),
    ]


def _ratings() -> list[Seed]:
    random = np.random.default_rng(1)
    rows = [
        [f"{user}", f"{item}", f"{random.integers(1, 11) / 2}", f"{1_500_000_000 + 60 * user + item}"]
        for user in range(1, 12)
        for item in random.choice(30, 8, replace=False) + 100
    ]
    header = ["userId", "movieId", "rating", "timestamp"]
    names = ["user", "item", "rating", "when"]
    items = [
        [f"{item}", f'"Film {item}, The (19{item % 100:02d})"', "Drama|War", f"{item * 1.5}"]
        for item in range(100, 130)
    ]
    films = _csv([["movieId", "title", "genres", "budget"], *items], ",")
    users, rated, values, times = map(list, zip(*rows, strict=True))
    stored = {
        "user": list(map(int, users)),
        "item": rated,
        "rating": pa.array(list(map(float, values)), pa.float32()),
        "timestamp": pa.array([int(moment) * 1_000 for moment in times], pa.timestamp("ms", "UTC")),
    }
    records = [dict(zip(names, row, strict=True)) for row in rows]
    return [
        Seed("ratings.csv", "ratings", _csv([header, *rows], ","), films),
        Seed("ratings.dat", "ratings", _csv(rows, "::"), _csv([row[:3] for row in items], "::").replace(b'"', b"")),
        Seed("u.data", "ratings", _csv(rows, "\t")),
        Seed("ratings.csv.gz", "ratings", gzip.compress(_csv([header, *rows], ","), mtime=0)),
        Seed("ratings.zip", "ratings", zipped({"x/ratings.csv": _csv([header, *rows], ",")}), films),
        Seed("ratings.parquet", "ratings", parquet(stored), films),
        Seed("ratings.jsonl", "ratings", "\n".join(map(json.dumps, records)).encode()),
        *_choices([row[:2] for row in rows]),
    ]


def _choices(pairs: list[list[str]]) -> list[Seed]:
    """Return files of implicit feedback: plays, orders, events without names of columns, and baskets."""
    plays = [[f"u{user}", f"artist {item}", str(1 + (int(user) * int(item)) % 97)] for user, item in pairs]
    orders = [[f"5363{n}", item, str(n % 7 - 1), "12/1/2010 8:26", user] for n, (user, item) in enumerate(pairs)]
    names = ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Customer ID"]
    events = [[user, f"Game {item}", "play", f"{n % 40 / 4}", "0"] for n, (user, item) in enumerate(pairs)]
    chosen: dict[str, list[str]] = {}
    for user, item in pairs:
        chosen.setdefault(user, []).append(f"item {int(item) % 9}")
    baskets = [sorted(set(items))[: 2 + int(user) % 5] for user, items in chosen.items()]
    return [
        Seed("plays.csv", "ratings", _csv([["user", "artist", "plays"], *plays], ",")),
        Seed("orders.csv", "ratings", _csv([names, *orders], ",")),
        Seed("steam.csv", "ratings", _csv(events, ",")),
        Seed("baskets.txt", "ratings", _csv(baskets * 4, ",")),
    ]


def _vectors() -> list[Seed]:
    random = np.random.default_rng(2)
    numbers = random.normal(size=(len(_KEYS), 5)).astype(np.float32)
    one_word = [key.replace(" ", "_") for key in _KEYS]
    lines = [f"{key} {' '.join(map(str, row))}" for key, row in zip(one_word, numbers.tolist(), strict=True)]
    head = f"{len(_KEYS)} 5"
    text = "\n".join([head, *lines, ""]).encode()
    binary = f"{head}\n".encode() + b"".join(
        f"{key} ".encode() + row.tobytes() + b"\n" for key, row in zip(one_word, numbers, strict=True)
    )
    tsv = "".join("\t".join(map(str, row)) + "\n" for row in numbers.tolist()).encode()
    names = "\n".join(_KEYS).encode()
    table = _csv([["key", "label", "count"], *([key, key.title(), "3"] for key in _KEYS)], "\t")
    sidecar = json.dumps({"escaping": "percent-encoded UTF-8", "keys": {"new_york": "new york"}}).encode()
    wide = {"word": _KEYS, **{f"d{place}": numbers[:, place] for place in range(5)}}
    long = {"key": _KEYS, "vector": list(numbers), "n": range(len(_KEYS))}
    return [
        Seed("word2vec.txt", "vectors", text, sidecar),
        Seed("word2vec.bin", "vectors", binary),
        Seed("fasttext.vec", "vectors", text.replace(b"\n", b" \n")),
        Seed("glove.txt", "vectors", "\n".join(lines).encode()),
        Seed("glove.zip", "vectors", zipped({"glove.txt": "\n".join(lines).encode()})),
        Seed("vectors.tsv", "vectors", tsv, table),
        Seed("vectors.npy", "vectors", _npy(numbers), names),
        Seed("by-columns.npy", "vectors", _npy(np.asfortranarray(numbers.astype(np.float64))), names),
        Seed("integers.npy", "vectors", _npy((numbers * 10).astype(np.int16)), names),
        Seed("lists.parquet", "vectors", parquet({**long, "n": list(long["n"])})),
        Seed("columns.parquet", "vectors", parquet(wide)),
    ]


def _npy(numbers: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, numbers)
    return stream.getvalue()


def _questions() -> list[Seed]:
    pairs = b"word1\tword2\tscore\nking\tqueen\t8.5\ndog\tcat\t7.1\nparis\tking\t1.5\n"
    analogies = b": capitals\nathens greece paris france\nking queen man woman\n: more\na b c d\n"
    checks = b"hotel near resort within 20\nhotel far from Brazil beyond 5\nhotel nearer resort than Brazil\n"
    return [
        Seed("pairs.tsv", "word-pairs", pairs),
        Seed("pairs.csv.gz", "word-pairs", gzip.compress(pairs.replace(b"\t", b","), mtime=0)),
        Seed("analogies.txt", "analogies", analogies),
        Seed("checks.txt", "checks", checks),
    ]


def _discrete() -> list[Seed]:
    """Return a table, sequences, images, pairs and a graph."""
    random = np.random.default_rng(3)
    cities = ["Rome", "Paris", "東京", "02134"]
    cells = [
        [f"{n}", cities[n % 4], f"{n * 7 % 13 / 2}", "yes" if n % 3 else "no", f"2024-01-{n % 28 + 1:02d}"]
        for n in range(40)
    ]
    events = [[f"u{n % 8}", f"page {n * 5 % 7}", f"{1_700_000_000 + 3_600 * n}"] for n in range(80)]
    baskets = [[f"item {(n * step) % 9}" for step in (1, 2, 3)] for n in range(1, 30)]
    pixels = random.integers(0, 255, (20, 6, 5), dtype=np.uint8)
    arrays = io.BytesIO()
    np.savez(arrays, images=pixels, labels=np.arange(20) % 2)
    pictures = {f"{'ab'[n % 2]}/{n}.png": picture(pixels[n]) for n in range(12)}
    links = [[f"node {n}", f"node {(n * step + 1) % 20}", f"{1 + n % 3}"] for n in range(20) for step in (1, 3)]
    emoji = [[f"words {n % 9} and more", f"tag{n % 3}|tag{n % 4}", f"e{n}"] for n in range(40)]
    return [
        Seed("rows.csv", "table", _csv([["id", "city", "size", "sold", "when"], *cells], ",")),
        Seed("events.csv", "sequences", _csv([["user", "page", "time"], *events], ",")),
        Seed("baskets.csv", "sequences", _csv(baskets, ",")),
        Seed("images.npz", "images", arrays.getvalue()),
        Seed("images.zip", "images", zipped(pictures)),
        Seed("tagged.csv", "pairs", _csv([["name", "tags", "id"], *emoji], ",")),
        Seed("edges.csv", "graph", _csv([["source", "target", "weight"], *links], ",")),
        Seed(
            "edges.txt",
            "graph",
            b"# Nodes: 20 Edges: 40\n" + _csv([row[:2] for row in links], "\t").replace(b"node ", b""),
        ),
    ]


def picture(pixels: Any) -> bytes:
    """Return pixels `(height, width)` uint8 as a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


#: Packs content as an archive of one file.
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda content: zipped({"inside": content}),
}
