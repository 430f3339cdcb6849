"""The protocol is kept with the dataset, copied to each run, and never changed by the seed of a model."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from embedlab.core.errors import InputError, NotFoundError, ParameterError
from embedlab.core.files import read_json
from embedlab.core.kind import Kind
from embedlab.core.settings import Settings
from embedlab.jobs.comparison import compare_runs
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.protocols import (
    dataset_protocol,
    new_run_protocol,
    notes_on,
    part_sizes,
    protocol_names,
    protocols_in_use,
    rating_scale,
    run_protocol,
    set_protocol,
)
from embedlab.jobs.reproduction import write_bundle
from embedlab.jobs.stability import repeats_of, submit_repeats
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings.parts import ratings_split
from embedlab.workspace.backup import write_backup
from embedlab.workspace.rows import DatasetRow, RunRow, Status
from embedlab.workspace.tables import runs as runs_table
from embedlab.workspace.workspace import Workspace
from tests.restoring import restore_backup

QUICK = {"n_factors": 2, "epochs": 1, "batch_size": 100}
LABELED = {"layout": "delimited", "delimiter": "\t", "has_header": False, "text_column": 1, "label_column": 0}


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


def write_ratings(path: Path, n: int = 600, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(40 * 30)[:n]
    rows = [f"u{pair // 30},i{pair % 30},{rng.integers(1, 6)}" for pair in pairs]
    path.write_text("\n".join(["user,item,rating", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def bring(workspace: Workspace, tmp_path: Path) -> Callable[..., DatasetRow]:
    """Import a file as its job does."""

    def brought(path: Path, kind: Kind, options: dict[str, Any], test_path: Path | None = None) -> DatasetRow:
        upload = workspace.stage_upload(path, path.name)
        beside = {} if test_path is None else {"test": workspace.stage_upload(test_path, test_path.name).id}
        job = Jobs(workspace).submit_import(upload.id, kind, options, path.name, companions=beside)
        assert execute(workspace, job.id)
        return workspace.dataset((Jobs(workspace).job(job.id).result or {})["dataset_id"])

    return brought


@pytest.fixture
def ratings(bring: Callable[..., DatasetRow], tmp_path: Path) -> DatasetRow:
    return bring(write_ratings(tmp_path / "ratings.csv"), Kind.RATINGS, {})


@pytest.fixture
def train(workspace: Workspace) -> Callable[..., RunRow]:
    """Train as a worker does."""

    def trained(dataset_id: str, model: str, parameters: dict[str, Any], **options: Any) -> RunRow:
        job = Jobs(workspace).submit_training(dataset_id, model, parameters, **options)
        assert execute(workspace, job.id)
        run = workspace.run(job.id)
        assert run.status == Status.SUCCEEDED, run.error
        return run

    return trained


def parts_in_bundle(workspace: Workspace, run: RunRow, out: Path, name: str) -> dict[str, list[str]]:
    write_bundle(workspace, run.id, out)
    with zipfile.ZipFile(out) as bundle:
        rows = list(csv.DictReader(bundle.read(name).decode().splitlines()))
    keys = [f"{row['user']} {row['item']}" for row in rows]
    return {
        part: sorted(key for key, row in zip(keys, rows, strict=True) if row["part"] == part)
        for part in ("train", "validation", "test")
    }


def test_runs_with_other_seeds_are_judged_on_the_same_part(
    workspace: Workspace, ratings: DatasetRow, train: Callable[..., RunRow], tmp_path: Path
) -> None:
    first, second = (train(ratings.id, "matrix-factorization", {**QUICK, "seed": seed}) for seed in (0, 1))
    assert first.protocol == second.protocol == Protocol().as_dict()
    vectors = [
        workspace.load_embedding(workspace.resolve_embedding(f"{run.id}/items").id).vectors for run in (first, second)
    ]
    assert not np.array_equal(*vectors)
    # The baselines know nothing of the model's seed: on the same parts they are the same to the last digit.
    assert first.scores["baselines"] == second.scores["baselines"]
    assert read_json(workspace.run_folder(first.id) / "run.json")["protocol"] == first.protocol
    assert compare_runs(workspace, ratings.id).n_left_out == 0
    assert [run.id for run in repeats_of(workspace, second)] == [second.id, first.id]
    tables = [parts_in_bundle(workspace, run, tmp_path / f"{run.id}.zip", "ratings.csv") for run in (first, second)]
    assert tables[0] == tables[1]

    set_protocol(workspace, ratings.id, seed=1)
    third = train(ratings.id, "matrix-factorization", {**QUICK, "seed": 2})
    assert third.scores["baselines"] != first.scores["baselines"]
    assert parts_in_bundle(workspace, third, tmp_path / "third.zip", "ratings.csv")["test"] != tables[0]["test"]
    assert parts_in_bundle(workspace, first, tmp_path / "first.zip", "ratings.csv") == tables[0]
    compared = compare_runs(workspace, ratings.id)
    assert ([run.id for run in compared.runs], compared.n_left_out) == ([third.id], 2)
    assert compared.protocol == Protocol(seed=1)
    assert [(use.protocol.seed, use.n_runs) for use in compared.protocols] == [(1, 1), (0, 2)]
    earlier = compare_runs(workspace, ratings.id, Protocol().id)
    assert ({run.id for run in earlier.runs}, earlier.n_left_out) == ({first.id, second.id}, 1)
    with pytest.raises(NotFoundError, match=r"random-seed1-0\.1-0\.1"):
        compare_runs(workspace, ratings.id, "random-seed9-0.1-0.1")
    # Repeats are judged as the run they repeat, whatever the dataset's protocol is now.
    queued = submit_repeats(Jobs(workspace), first.id, 3)
    assert workspace.run(queued[0].id).protocol == first.protocol
    assert [run.id for run in repeats_of(workspace, third)] == [third.id]


def test_runs_of_earlier_versions_keep_what_they_were_judged_on(
    workspace: Workspace, ratings: DatasetRow, train: Callable[..., RunRow]
) -> None:
    run = train(ratings.id, "matrix-factorization", {**QUICK, "seed": 3})
    with workspace.transaction() as connection:
        connection.execute(sa.update(runs_table).values(protocol=None))
    old = workspace.run(run.id)
    assert run_protocol(old, ratings) == Protocol(seed=3)
    assert compare_runs(workspace, ratings.id).protocol == Protocol(seed=3)
    opened = workspace.open_dataset(ratings.id)
    # The split of versions in which the model's seed divided the ratings.
    order = np.random.default_rng(3).permutation(600)[:60]
    expected = opened.ratings.take(np.sort(order))  # type: ignore[union-attr]
    assert np.array_equal(ratings_split(opened, Protocol(seed=3)).test.users, expected.users)  # type: ignore[arg-type]


def test_a_run_with_a_damaged_protocol_is_left_out_and_spoils_nothing(
    workspace: Workspace, ratings: DatasetRow, train: Callable[..., RunRow]
) -> None:
    good, damaged = (train(ratings.id, "matrix-factorization", {**QUICK, "seed": seed}) for seed in (0, 1))
    with workspace.transaction() as connection:
        update = sa.update(runs_table).where(runs_table.c.id == damaged.id)
        connection.execute(update.values(protocol={"seed": "what"}))
    compared = compare_runs(workspace, ratings.id)
    assert ([run.id for run in compared.runs], compared.n_left_out) == ([good.id], 1)
    assert [run.id for run in repeats_of(workspace, good)] == [good.id]
    with pytest.raises(InputError, match="cannot be read"):
        run_protocol(workspace.run(damaged.id), ratings)


def test_a_published_test_part_stays_and_has_no_share(
    workspace: Workspace, bring: Callable[..., DatasetRow], tmp_path: Path
) -> None:
    test_path = write_ratings(tmp_path / "test.csv", 50, seed=1)
    row = bring(write_ratings(tmp_path / "ratings.csv"), Kind.RATINGS, {}, test_path)
    assert dataset_protocol(row) == Protocol("published", 0, 0.1, 0.0)
    before = part_sizes(workspace, row, dataset_protocol(row))
    changed = set_protocol(workspace, row.id, seed=4, validation_share=0.2)
    after = part_sizes(workspace, row, changed)
    assert (changed.name, changed.seed, before.test, after.test) == ("published", 4, 50, 50)
    assert after.validation > before.validation
    with pytest.raises(ParameterError, match="published"):
        set_protocol(workspace, row.id, test_share=0.3)


def test_a_protocol_is_kept_by_a_backup_and_refused_when_it_cannot_be(
    workspace: Workspace, ratings: DatasetRow, train: Callable[..., RunRow], tmp_path: Path
) -> None:
    set_protocol(workspace, ratings.id, seed=5, test_share=0.25)
    run = train(ratings.id, "matrix-factorization", QUICK)
    for refused in ({"seed": -1}, {"test_share": 0.95}, {"validation_share": 0.5, "test_share": 0.5}):
        with pytest.raises(ParameterError):
            set_protocol(workspace, ratings.id, **refused)  # type: ignore[arg-type]
    chosen = Protocol(seed=5, test_share=0.25)
    assert dataset_protocol(workspace.dataset(ratings.id)) == chosen
    other = Workspace.open(Settings(home=tmp_path / "restored", owner="ada"))
    restore_backup(other, write_backup(workspace, tmp_path / "all.zip"))
    assert dataset_protocol(other.dataset(ratings.id)) == chosen
    assert run_protocol(other.run(run.id), other.dataset(ratings.id)) == chosen
    other.close()


def test_texts_without_labels_have_no_split(
    workspace: Workspace, bring: Callable[..., DatasetRow], train: Callable[..., RunRow], tmp_path: Path
) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 40, encoding="utf-8")
    row = bring(path, Kind.TEXT, {"layout": "lines"})
    run = train(row.id, "word2vec", {"vector_size": 4, "epochs": 1, "min_count": 1})
    assert (run.protocol, run_protocol(run, row)) == (None, None)
    assert compare_runs(workspace, row.id).protocol is None
    for refused in (
        lambda: set_protocol(workspace, row.id, seed=1),
        lambda: new_run_protocol("lsa", row, without_test=True),
    ):
        with pytest.raises(InputError, match="no evaluation protocol"):
            refused()
    assert protocols_in_use(workspace, row) == []


def test_too_few_documents_for_a_split_are_told_before_anything_is_stored(
    workspace: Workspace, bring: Callable[..., DatasetRow], tmp_path: Path
) -> None:
    path = tmp_path / "few.tsv"
    path.write_text("".join(f"{'ab'[n % 2]}\tthe same words\n" for n in range(12)), encoding="utf-8")
    row = bring(path, Kind.TEXT, LABELED)
    with pytest.raises(InputError, match="too few documents") as caught:
        set_protocol(workspace, row.id, seed=2)
    assert "1 of them different" in str(caught.value)
    assert workspace.dataset(row.id).protocol is None


def test_copies_of_a_document_do_not_vote_for_their_own_label(
    bring: Callable[..., DatasetRow], train: Callable[..., RunRow], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(60)]
    # Labels that nothing tells, on texts that each occur six times: copies alone would vote for the right label.
    texts = [(rng.choice(["a", "b"]), " ".join(rng.choice(words, 12))) for _ in range(60)]
    path = tmp_path / "copies.tsv"
    path.write_text("".join(f"{label}\t{text}\n" for label, text in texts * 6), encoding="utf-8")
    run = train(bring(path, Kind.TEXT, LABELED).id, "lsa", {"vector_size": 8})
    documents = run.scores["documents"]
    assert (documents["n_documents"], documents["n_duplicates"]) == (60, 300)
    assert "300 copies of other documents left out" in documents["note"]
    low, high = documents["interval"]
    assert low <= 0.5 <= high
    assert documents["knn_accuracy"] < 0.75


def test_another_protocol_is_chosen_by_its_name(workspace: Workspace, ratings: DatasetRow) -> None:
    assert protocol_names(ratings) == ("random", "leave-last", "time-cut", "unseen-users")
    set_protocol(workspace, ratings.id, seed=4, positive_from=3)
    chosen = set_protocol(workspace, ratings.id, name="unseen-users", history_share=0.5)
    assert chosen == Protocol("unseen-users", 4, 0.1, 0.1, history_share=0.5, positive_from=3)
    assert dataset_protocol(workspace.dataset(ratings.id)) == chosen
    # Nothing is drawn at random: another seed would be the same protocol.
    last = set_protocol(workspace, ratings.id, name="leave-last")
    assert last == Protocol("leave-last", 0, 0.0, 0.0, positive_from=3)
    assert any("last one in the file" in note for note in notes_on(workspace.dataset(ratings.id), last))
    # The default has no value of its own.
    assert set_protocol(workspace, ratings.id, name="random", positive_from=4).id == "random-seed0-0.1-0.1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"name": "mine"}, "cannot have this", id="unknown name"),
        pytest.param({"name": "published"}, "cannot have this", id="nothing published"),
        pytest.param({"name": "leave-last", "test_share": 0.2}, "no shares to choose", id="share of leave-last"),
        pytest.param({"name": "leave-last", "seed": 3}, "not drawn at random", id="seed of leave-last"),
        pytest.param({"history_share": 0.5}, "Only the protocol unseen-users", id="history of random"),
        pytest.param({"positive_from": 5.5}, "outside the scale", id="above the scale"),
        pytest.param({"positive_from": 0}, "outside the scale", id="below the scale"),
        pytest.param({"positive_from": float("nan")}, "outside the scale", id="nan"),
    ],
)
def test_values_that_a_protocol_has_no_use_for_are_refused(
    workspace: Workspace, ratings: DatasetRow, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        set_protocol(workspace, ratings.id, **changes)
    assert dataset_protocol(workspace.dataset(ratings.id)).id == "random-seed0-0.1-0.1"


def test_a_time_cut_needs_times(workspace: Workspace, ratings: DatasetRow) -> None:
    with pytest.raises(InputError, match="have no times"):
        set_protocol(workspace, ratings.id, name="time-cut")
    assert dataset_protocol(workspace.dataset(ratings.id)).name == "random"


def test_labeled_texts_have_no_positive_ratings(
    workspace: Workspace, bring: Callable[..., DatasetRow], tmp_path: Path
) -> None:
    path = tmp_path / "labeled.tsv"
    path.write_text("".join(f"{'ab'[n % 2]}\tword{n} more{n}\n" for n in range(60)), encoding="utf-8")
    dataset = bring(path, Kind.TEXT, LABELED)
    assert protocol_names(dataset) == ("random",)
    assert rating_scale(dataset) is None
    with pytest.raises(ParameterError, match="no ratings that could count"):
        set_protocol(workspace, dataset.id, positive_from=1)
