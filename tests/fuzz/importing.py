"""One import as browser and command line do it: looked at, previewed, built, and opened again."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any, cast

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, InputError
from embedlab.evaluation.checks import parse_check
from embedlab.evaluation.question_files import read_analogies, read_pairs
from embedlab.kinds.base import BuildContext
from embedlab.kinds.guess import Guess
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings, preview_ratings
from embedlab.kinds.ratings.second_files.items import read_items
from embedlab.kinds.registry import KINDS, is_dataset_file
from embedlab.kinds.sniffing import sniff
from embedlab.kinds.text.dataset import PhraseOptions, TextDataset, TextOptions, import_text, options_of, preview_text
from embedlab.kinds.vectors.importing import VectorsOptions, guess_vectors_options, read_vectors
from embedlab.reading.bundles import bundled
from embedlab.reading.delimited import read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits, digest, members
from tests.fuzz.cases import Case

LIMITS = Limits(max_unpacked_bytes=32 * 1024**2, max_members=50)


class NotCleanError(AssertionError):
    """Something was left behind, or what was built cannot be opened."""


def run_case(case: Case, folder: Path, *, as_guessed: bool = False) -> str:
    """Import a case in an empty folder; return `imported` or the error it was refused by.

    Options are those that are guessed, or others that a person might choose, unless `as_guessed`.

    Raises
    ------
    Exception
        Whatever is not an error of our own: a fault.
    """
    path, beside = folder / "main", folder / "beside"
    path.write_bytes(case.content)
    if case.beside is not None:
        beside.write_bytes(case.beside)
    building = folder / "building"
    building.mkdir()
    runs = {"text": _text, "ratings": _ratings, "vectors": _vectors}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            digest(path)
            if case.kind in runs:
                runs[case.kind](
                    path, beside if case.beside is not None else None, building, None if as_guessed else case.random
                )
            elif case.kind in KINDS:
                _any_kind(case.kind, path, building, None if as_guessed else case.random)
            else:
                _questions(case.kind, path)
    except EmbedLabError as error:
        _check_error(error)
        if left := sorted(file.name for file in building.iterdir()):
            raise NotCleanError(f"refused, but left behind: {left}") from error
        return f"{type(error).__name__}: {error}"
    return "imported"


def _check_error(error: EmbedLabError) -> None:
    """Errors go into the database and onto the screen: as JSON in UTF-8."""
    for part in (error.what, error.received, error.remedy):
        json.dumps(part, ensure_ascii=False).encode()
    if not error.what:
        raise NotCleanError("an error says nothing")


def _storable(value: Any) -> None:
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _look(path: Path, random: Random | None) -> Guess:
    names = members(path, LIMITS)
    member = random.choice(names) if random is not None and names and random.random() < 0.3 else None
    guess = sniff(path, LIMITS, member)
    _storable(asdict(guess))
    return guess


def _text(path: Path, beside: Path | None, folder: Path, random: Random | None) -> None:
    if random is not None and random.random() < 0.1:
        # Several files at once: the same twice, or with what came beside it.
        with bundled([("a/one.txt", path), ("b/one.txt", beside or path)], LIMITS) as bundle:
            _one_text(bundle, folder, random)
    else:
        _one_text(path, folder, random)


def _one_text(path: Path, folder: Path, random: Random | None) -> None:
    options = options_of(_look(path, random))
    options = TextOptions.checked({**options.model_dump(), **_other_text_options(random, options)})
    _storable(options.model_dump(mode="json"))
    if options.is_table:
        read_head(path, options.table_format, LIMITS, 8)
    preview = preview_text(path, options, LIMITS)
    _storable(asdict(preview))
    imported = import_text(path, options, folder, limits=LIMITS)
    _storable(asdict(imported))
    dataset = TextDataset.open(folder)
    n_documents = len(dataset.documents(0, dataset.n_documents))
    n_words = sum(map(len, dataset.lines()))
    labels = dataset.labels
    if n_documents != dataset.n_documents or (labels is not None and len(labels) != n_documents):
        raise NotCleanError(f"{dataset.n_documents} documents, of which {n_documents} can be read")
    if n_words != dataset.n_tokens or int(dataset.vocabulary["count"].sum()) != n_words:
        raise NotCleanError(f"{dataset.n_tokens} words, of which {n_words} can be read")


def _other_text_options(random: Random | None, options: TextOptions) -> dict[str, Any]:
    if random is None or (chance := random.random()) < 0.4:
        return {}
    if chance < 0.6:
        return {"layout": random.choice(list(Layout)[:6]).value, "text_column": random.choice((0, 1, "text"))}
    if chance < 0.7:
        return {"encoding": random.choice(("utf-8", "utf-16", "cp1252", "shift_jis", "utf-32", "gb18030"))}
    if chance < 0.8:
        return {"phrases": PhraseOptions(min_count=1).model_dump()}
    if chance < 0.9:
        return {
            "all_members": True,
            "member": None,
            "label_column": None,
            "label_by": random.choice(("file", "folder")),
        }
    return {
        "delimiter": random.choice((",", "::", " ", "\t", "é", "a")),
        "has_header": random.random() < 0.5,
        "quoting": not options.quoting,
    }


def _ratings(path: Path, beside: Path | None, folder: Path, random: Random | None) -> None:
    _look(path, random)
    options = RatingsOptions()
    if random is not None:
        options = RatingsOptions(duplicates=random.choice(("last", "mean", "refuse")))
        if random.random() < 0.2:
            options = RatingsOptions(layout="delimited", delimiter=random.choice((",", "::", "|", " ", "é")))
    preview = preview_ratings(path, options, LIMITS)
    _storable({**asdict(preview), "options": preview.options.model_dump(mode="json")})
    if beside is not None:
        read_items(beside, LIMITS)
    imported = import_ratings(path, preview.options, folder, items_path=beside, limits=LIMITS)
    _storable(asdict(imported))
    dataset = RatingsDataset.open(folder)
    ratings = dataset.ratings
    n_users, n_items = len(dataset.users), len(dataset.items)
    if not len(ratings.users) == len(ratings.items) == len(ratings.ratings) == imported.counts["ratings"]:
        raise NotCleanError("another number of ratings than said")
    if max(ratings.users) >= n_users or max(ratings.items) >= n_items or min(ratings.users) < 0:
        raise NotCleanError("a rating is of a user or an item that is not there")
    if len(set(dataset.user_keys)) < n_users or len(set(dataset.item_keys)) < n_items:
        raise NotCleanError("a key occurs twice")
    Embedding.checked(_unit(n_items), dataset.item_keys, dataset.items["label"].tolist()).save(folder / "embedding")


def _unit(n: int) -> Any:
    import numpy as np

    return np.ones((n, 2), np.float32)


def _vectors(path: Path, beside: Path | None, folder: Path, random: Random | None) -> None:
    _look(path, random)
    options = guess_vectors_options(path, LIMITS)
    words = None
    if random is not None:
        options = _other_vectors_options(random, options)
        words = ["king", "queen"] if random.random() < 0.2 else None
    embedding = read_vectors(path, options=options, metadata_path=beside, words=words, limits=LIMITS)
    embedding.save(folder / "embedding", {"name": "vectors"})
    again = Embedding.load(folder / "embedding")
    if list(again.keys) != list(embedding.keys) or list(again.labels) != list(embedding.labels):
        raise NotCleanError("keys or labels are others when read again")


def _other_vectors_options(random: Random, options: VectorsOptions) -> VectorsOptions:
    chance = random.random()
    if chance < 0.2:
        return VectorsOptions(duplicates="first")
    if chance < 0.4:
        return options.model_copy(update={"first": random.choice((1, 3, 20))})
    if chance < 0.5:
        return VectorsOptions(format=cast("Any", random.choice(("word2vec", "word2vec-binary", "glove", "tsv"))))
    return options


def _any_kind(name: str, path: Path, folder: Path, random: Random | None) -> None:
    known = KINDS[name]
    _look(path, random)
    upload, context = OpenedUpload(path, LIMITS), BuildContext(LIMITS)
    options = known.guess_options(upload)
    _storable(options.model_dump(mode="json"))
    preview = known.preview(upload, options, context)
    _storable(asdict(preview))
    imported = known.build(upload, options, folder, context).imported
    _storable(asdict(imported))
    imported.save(folder)
    if others := [file.name for file in folder.iterdir() if not is_dataset_file(file.name)]:
        raise NotCleanError(f"a backup could not hold {others}")
    dataset = known.open(folder)
    if known.one_hot_count is not None and imported.counts.get(known.one_hot_count):
        keys = list(known.one_hot(dataset, 1).keys)
        if len(set(keys)) < len(keys):
            raise NotCleanError("a value occurs twice")
        Embedding.checked(_unit(len(keys)), keys).save(folder / "embedding")


def _questions(kind: str, path: Path) -> None:
    if kind == "word-pairs":
        _storable(read_pairs(path))
    elif kind == "analogies":
        _storable(read_analogies(path))
    else:
        refused: EmbedLabError | None = None
        for line in path.read_bytes().decode("utf-8", "surrogateescape").splitlines():
            try:
                _storable(str(parse_check(line.encode("utf-8", "replace").decode())))
            except InputError as error:
                refused = error
        if refused is not None:
            raise refused
