"""Tables as imported, split for models that learn from numbers: parts, descriptions, and hostile files."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.kinds.base import BuildContext
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import MODELS
from embedlab.models.shared.dense_rows.table_split import described_rows, rows_split
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.tasks.registry import task

PROTOCOL = Protocol("random", 3, 0.2, 0.2)


def imported(folder, rows, **options):
    (folder / "set").mkdir(parents=True)
    (folder / "in.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    known, upload = kind("table"), OpenedUpload(folder / "in.csv", Limits())
    chosen = known.options_class(layout="delimited", delimiter=",", has_header=True, **options)
    known.build(upload, chosen, folder / "set", BuildContext())
    return known.open(folder / "set")


def planted_rows(n_rows=80):
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n_rows, 2))
    numbers = hidden @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(n_rows, 6))
    rows = [
        f"song {row},{'low' if hidden[row, 0] < 0 else 'high'},{','.join(map(str, numbers[row]))}"
        for row in range(n_rows)
    ]
    return ["key,side,a,b,c,d,e,price", *rows]


def test_rows_have_their_ids_and_are_described_by_the_other_columns(tmp_path):
    split = rows_split(imported(tmp_path, planted_rows(), target="price"), PROTOCOL)
    assert split.keys[:2] == ["song 0", "song 1"]
    # The target is no input; it still describes the rows.
    assert split.columns == ("a", "b", "c", "d", "e")
    assert list(split.metadata.columns) == ["side", "price", "a", "b", "c", "d", "e", "key_"]
    assert split.metadata["price"].dtype == np.float32
    parts = np.concatenate([split.train, split.validation, split.test])
    assert sorted(parts.tolist()) == list(range(80))
    assert len(split.without_test().test) == 0


def test_a_large_table_is_described_by_as_many_numbers_as_fit(tmp_path, monkeypatch):
    from embedlab.models.shared.dense_rows import table_split

    monkeypatch.setattr(table_split, "MOST_DESCRIBED_NUMBERS", 200)
    described = described_rows(imported(tmp_path, planted_rows()))
    assert list(described.columns) == ["side", "a", "b", "key_"]


def test_the_data_file_of_scripts_has_keys_parts_and_numbers(tmp_path):
    dataset = imported(tmp_path, planted_rows())
    path = task("rows").write_data(dataset, PROTOCOL, MODELS["standardization"], tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "key,part,a,b,c,d,e,price"
    assert len(lines) == 81
    assert [line.split(",")[1] for line in lines[1:]].count("test") == 16


def test_too_few_rows_or_no_numbers_are_refused(tmp_path):
    with pytest.raises(InputError, match="too few rows"):
        rows_split(imported(tmp_path / "few", ["x,y", "1.5,2.5", "3.5,4.5"]), PROTOCOL)
    with pytest.raises(InputError, match="no column of numbers"):
        rows_split(imported(tmp_path / "words", ["x,y", *["a,b"] * 15, *["b,a"] * 15]), PROTOCOL)


HOSTILE = {
    "one-column": ["x", *map(str, np.random.default_rng(0).normal(size=30))],
    "equal-rows": ["x,y", *["1.5,2.5"] * 30],
    "infinite-and-missing": ["x,y", *["inf,1", "2,", "3,-5"] * 10],
    "huge": ["x,y", *[f"{row}e{300 + row % 8},{row}e-30" for row in range(1, 30)]],
}


@pytest.mark.parametrize("name", ["standardization", "pca-whitening"])
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_numbers_are_refused_kindly_or_give_finite_vectors_and_scores(name, case, tmp_path):
    model = MODELS[name]
    # Anything but an error of ours goes through and fails the test.
    with suppress(EmbedLabError):
        parts = task("rows").split(imported(tmp_path, HOSTILE[case]), PROTOCOL, tmp_path)
        parameters = model.parameters_class()
        result = model.train(parts.learned, parameters, QuietContext(tmp_path))
        assert all(np.isfinite(each.vectors).all() for each in result.embeddings.values())
        scores = task("rows").judge(result, parts)
        assert np.isfinite(scores["test_explained_variance"])
