"""Which dataset, run and embedding are current, for every combination of what an address, session and workspace say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from embedlab.ui.shell.selection import NAMES, Gap, Selection, resolve
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, ProjectionRow, RunRow, Status

#: Id, name, and when each was created; a later one is newer.
DATASETS = {"books": 1.0, "tastes": 2.0, "glove": 3.0, "fresh": 9.0, "queue": 3.5, "broken": 3.6, "emptied": 3.7}
RUNS = {
    "b-old": ("books", Status.SUCCEEDED, 4.0),
    "b-new": ("books", Status.SUCCEEDED, 5.0),
    "b-failed": ("books", Status.FAILED, 6.0),
    "t-run": ("tastes", Status.SUCCEEDED, 7.0),
    "q-run": ("queue", Status.RUNNING, 8.0),
    "x-run": ("broken", Status.FAILED, 8.1),
    "e-run": ("emptied", Status.SUCCEEDED, 8.2),
}
#: Id, run, dataset, role, creation time.
EMBEDDINGS = {
    "b-old-words": ("b-old", "books", "words", 4.5),
    "b-new-words": ("b-new", "books", "words", 5.5),
    "b-new-documents": ("b-new", "books", "documents", 5.5),
    "t-users": ("t-run", "tastes", "users", 7.6),
    "t-items": ("t-run", "tastes", "items", 7.5),
    "g-vectors": (None, "glove", "words", 3.0),
    "stray": (None, None, "words", 0.5),
}
PROJECTIONS = {"p-words": "b-new-words", "p-items": "t-items"}


class Planted:
    """Rows as the workspace holds them, without those that were deleted."""

    def __init__(self, deleted: Sequence[str] = ()) -> None:
        self.deleted = set(deleted)

    def dataset(self, row_id: str) -> DatasetRow | None:
        if row_id not in DATASETS or row_id in self.deleted:
            return None
        return DatasetRow(row_id, "local", row_id.title(), "text", "", {}, {}, [], {}, 0, DATASETS[row_id])

    def run(self, row_id: str) -> RunRow | None:
        if row_id not in RUNS or row_id in self.deleted:
            return None
        dataset_id, status, created_at = RUNS[row_id]
        name = f"Run {row_id}"
        return RunRow(row_id, "local", name, dataset_id, "m", {}, {}, {}, created_at, status, None, None, None)

    def embedding(self, row_id: str) -> EmbeddingRow | None:
        if row_id not in EMBEDDINGS or row_id in self.deleted:
            return None
        run_id, dataset_id, name, created_at = EMBEDDINGS[row_id]
        return EmbeddingRow(row_id, "local", name, f"Title {row_id}", run_id, dataset_id, 5, 2, 0, created_at)

    def projection(self, row_id: str) -> ProjectionRow | None:
        if row_id not in PROJECTIONS or row_id in self.deleted:
            return None
        return ProjectionRow(row_id, "local", PROJECTIONS[row_id], "pca", 2, {}, 0, {}, 0.0)

    def newest_dataset(self) -> DatasetRow | None:
        rows = [row for row_id in DATASETS if (row := self.dataset(row_id))]
        return max(rows, key=lambda row: row.created_at, default=None)

    def newest_run(self, dataset_id: str) -> RunRow | None:
        rows = [row for row_id in RUNS if (row := self.run(row_id)) and row.dataset_id == dataset_id]
        return max(rows, key=lambda row: row.created_at, default=None)

    def newest_embedding(self, dataset_id: str | None = None) -> EmbeddingRow | None:
        rows = [
            row for row_id in EMBEDDINGS if (row := self.embedding(row_id)) and dataset_id in {None, row.dataset_id}
        ]
        return max(rows, key=lambda row: row.created_at, default=None)

    def embeddings_of_run(self, run_id: str) -> Sequence[EmbeddingRow]:
        return [row for row_id in EMBEDDINGS if (row := self.embedding(row_id)) and row.run_id == run_id]


BOOKS = ("books", "b-new", "b-new-words")
#: Name, address, session, deleted, expected (dataset, run, embedding), parts of the corrections.
CASES = [
    # Nothing is named: the newest.
    ("nothing-newest-dataset", {}, {}, [], ("fresh", None, None), []),
    ("nothing-newest-embedding", {}, {}, ["fresh"], ("tastes", "t-run", "t-items"), []),
    ("empty-workspace", {}, {}, [*DATASETS, *EMBEDDINGS], (None, None, None), []),
    ("empty-workspace-link", {"run": "b-new"}, {}, [*DATASETS, *RUNS, *EMBEDDINGS], (None, None, None), ["run"]),
    # One level is named: the others follow.
    ("dataset", {"dataset": "books"}, {}, [], ("books", "b-new", "b-new-documents"), []),
    ("dataset-not-trained", {"dataset": "fresh"}, {}, [], ("fresh", None, None), []),
    ("dataset-training", {"dataset": "queue"}, {}, [], ("queue", "q-run", None), []),
    ("dataset-failed", {"dataset": "broken"}, {}, [], ("broken", "x-run", None), []),
    ("dataset-vectors", {"dataset": "glove"}, {}, [], ("glove", None, "g-vectors"), []),
    ("run", {"run": "b-old"}, {}, [], ("books", "b-old", "b-old-words"), []),
    ("run-several-embeddings", {"run": "b-new"}, {}, [], ("books", "b-new", "b-new-documents"), []),
    ("run-training", {"run": "q-run"}, {}, [], ("queue", "q-run", None), []),
    ("run-failed", {"run": "b-failed"}, {}, [], ("books", "b-failed", None), []),
    ("embedding", {"embedding": "b-new-words"}, {}, [], BOOKS, []),
    ("embedding-vectors", {"embedding": "g-vectors"}, {}, [], ("glove", None, "g-vectors"), []),
    ("embedding-stray", {"embedding": "stray"}, {}, [], (None, None, "stray"), []),
    ("projection-only", {"projection": "p-items"}, {}, [], ("tastes", "t-run", "t-items"), []),
    # All levels agree.
    ("agree", dict(zip(("dataset", "run", "embedding"), BOOKS, strict=True)), {}, [], BOOKS, []),
    ("agree-vectors", {"dataset": "glove", "embedding": "g-vectors"}, {}, [], ("glove", None, "g-vectors"), []),
    # They contradict each other: the most specific is shown, and the page says so.
    ("dataset-vs-embedding", {"dataset": "tastes", "embedding": "b-new-words"}, {}, [], BOOKS, ["“Tastes”"]),
    ("run-vs-embedding", {"run": "b-old", "embedding": "b-new-words"}, {}, [], BOOKS, ["“Run b-old”"]),
    ("dataset-vs-run", {"dataset": "tastes", "run": "q-run"}, {}, [], ("queue", "q-run", None), ["“Tastes”"]),
    ("run-vs-vectors", {"run": "b-old", "embedding": "g-vectors"}, {}, [], ("glove", None, "g-vectors"), ["no run"]),
    (
        "all-contradict",
        {"dataset": "tastes", "run": "q-run", "embedding": "b-new-words"},
        {},
        [],
        BOOKS,
        ["“Tastes”", "“Run q-run”"],
    ),
    # Something is unknown or deleted: the rest is shown, and the page says so.
    ("unknown-dataset", {"dataset": "?"}, {}, [], ("fresh", None, None), ["The dataset", "instead"]),
    ("unknown-run", {"run": "?", "dataset": "tastes"}, {}, [], ("tastes", "t-run", "t-items"), ["The run"]),
    ("unknown-embedding", {"embedding": "?", "run": "b-old"}, {}, [], ("books", "b-old", "b-old-words"), ["embedding"]),
    ("all-unknown", dict.fromkeys(NAMES, "?"), {}, [], ("fresh", None, None), ["The dataset, run and embedding"]),
    ("deleted-run", {"run": "b-new"}, {}, ["b-new", "b-new-words", "b-new-documents", "fresh"], None, ["The run"]),
    ("deleted-embedding-of-run", {"run": "e-run"}, {}, [], ("emptied", "e-run", None), []),
    ("unknown-keeps-session", {"embedding": "?"}, {"run": "b-old"}, [], ("books", "b-old", "b-old-words"), ["instead"]),
    # The session fills what the address does not say, as far as it belongs to it.
    ("session", {}, {"embedding": "b-new-words"}, [], BOOKS, []),
    ("session-below", {"dataset": "books"}, {"embedding": "b-new-words"}, [], BOOKS, []),
    ("session-below-run", {"run": "b-new"}, {"embedding": "b-new-words"}, [], BOOKS, []),
    ("session-training", {"dataset": "queue"}, {"run": "q-run"}, [], ("queue", "q-run", None), []),
    ("session-failed", {"dataset": "books"}, {"run": "b-failed"}, [], ("books", "b-failed", None), []),
    ("session-other", {"dataset": "books"}, {"embedding": "t-items"}, [], ("books", "b-new", "b-new-documents"), []),
    ("session-other-run", {"embedding": "b-new-words"}, {"run": "t-run", "dataset": "tastes"}, [], BOOKS, []),
    (
        "session-deleted",
        {},
        {"embedding": "b-old-words", "run": "b-old"},
        ["b-old-words"],
        ("books", "b-old", None),
        [],
    ),
    ("session-gone", {}, {"embedding": "g-vectors"}, ["g-vectors", "glove"], ("fresh", None, None), []),
]


@pytest.mark.parametrize(
    ("address", "session", "deleted", "expected", "says"), [pytest.param(*case[1:], id=case[0]) for case in CASES]
)
def test_selection(
    address: dict[str, str],
    session: dict[str, str],
    deleted: list[str],
    expected: tuple[str | None, ...] | None,
    says: list[str],
) -> None:
    found = resolve(address, session, Planted(deleted))
    if expected is not None:
        assert (found.id_of("dataset"), found.id_of("run"), found.id_of("embedding")) == expected
    said = " ".join(found.corrections)
    assert bool(said) == bool(says)
    for each in says:
        assert each in said


@pytest.mark.parametrize("address", [pytest.param(case[1], id=case[0]) for case in CASES])
def test_levels_always_belong_to_each_other(address: dict[str, str]) -> None:
    for _, _, session, *_ in CASES:
        _check_consistency(resolve(address, session, Planted()))


def _check_consistency(found: Selection) -> None:
    if found.run is not None:
        assert found.dataset is not None
        assert found.run.dataset_id == found.dataset.id
    if found.embedding is not None:
        assert found.embedding.run_id == found.id_of("run")
        assert found.embedding.dataset_id == found.id_of("dataset")
    # What is shown is said by its own address, without any correction.
    own = {level: row_id for level in ("dataset", "run", "embedding") if (row_id := found.id_of(level))}
    again = resolve(own, {}, Planted())
    assert again.corrections == ()
    assert (again.dataset, again.run, again.embedding) == (found.dataset, found.run, found.embedding)


OF_BOOKS = {"embedding": "b-new-words", "projection": "p-words", "key": "sea", "color": "count"}


@pytest.mark.parametrize(
    ("address", "session", "expected", "says"),
    [
        pytest.param(OF_BOOKS, {}, ("p-words", "sea", "count"), "", id="address"),
        pytest.param({}, OF_BOOKS, ("p-words", "sea", "count"), "", id="session"),
        pytest.param({"embedding": "t-items"}, OF_BOOKS, (None, None, None), "", id="another-embedding"),
        pytest.param({"key": "sky"}, OF_BOOKS, ("p-words", "sky", "count"), "", id="another-key"),
        pytest.param({"embedding": "t-items", "key": "7"}, OF_BOOKS, (None, "7", None), "", id="both"),
        pytest.param(
            {"embedding": "t-items", "projection": "p-words"},
            {},
            (None, None, None),
            "another embedding",
            id="foreign-map",
        ),
        pytest.param({"embedding": "t-items", "projection": "?"}, {}, (None, None, None), "map", id="unknown-map"),
        pytest.param({"run": "q-run", "key": "sea"}, {}, (None, None, None), "", id="no-embedding"),
    ],
)
def test_projection_key_and_color_belong_to_the_embedding(
    address: dict[str, str], session: dict[str, str], expected: tuple[str | None, ...], says: str
) -> None:
    found = resolve(address, session, Planted())
    assert (found.projection, found.key, found.color) == expected
    assert says in " ".join(found.corrections)
    assert bool(says) == bool(found.corrections)


@pytest.mark.parametrize(
    ("address", "gap"),
    [
        pytest.param({"dataset": "books"}, None, id="trained"),
        pytest.param({"dataset": "fresh"}, Gap.UNTRAINED, id="untrained"),
        pytest.param({"run": "q-run"}, Gap.TRAINING, id="training"),
        pytest.param({"run": "b-failed"}, Gap.STOPPED, id="failed"),
        pytest.param({"run": "e-run"}, Gap.DELETED, id="deleted"),
    ],
)
def test_why_there_is_no_embedding(address: dict[str, str], gap: Gap | None) -> None:
    assert resolve(address, {}, Planted()).gap is gap


def test_an_empty_selection_says_so() -> None:
    assert Selection().gap is Gap.EMPTY


def test_names_from_users_are_one_short_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "a\u202e\n" + "b" * 500, 0.0)
    address = {"dataset": "a\u202e\n" + "b" * 500, "embedding": "t-items"}
    (said,) = resolve(address, {}, Planted()).corrections
    assert len(said) < 250
    assert "\n" not in said
    assert "\u202e" not in said
