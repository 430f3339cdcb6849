"""A complete small task, model and ability are registered, and everything that is offered works with them.

The task: predict whether a document is long. The model: a table of the longest kind by the first word. It learns no
embedding at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.errors import InputError
from embedlab.core.kind import Counts, Kind
from embedlab.evaluation.score import ScoreKind
from embedlab.evaluation.scores import read_scores
from embedlab.jobs.comparison import compare_runs
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.inference import open_ability, runs_with
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.restoring import restore_workspace
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models import registry as models
from embedlab.models.contract.abilities import Ability
from embedlab.models.contract.base import Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.contract.state import State
from embedlab.models.shared.documents import document_batches, write_documents
from embedlab.tasks import registry as tasks
from embedlab.tasks.base import Parts, PartSizes, Task, required
from embedlab.workspace.backup import write_backup
from embedlab.workspace.rows import DatasetRow
from embedlab.workspace.workspace import Workspace
from tests.app.conftest import home, open_page, workspace
from tests.cli.conftest import Said, embedlab

__all__ = ["embedlab", "home", "open_page", "workspace"]

LONG = 5
Documents = list[list[str]]
N_SHORT, N_LONG = 60, 30


class Lengths(Task[TextDataset]):
    name: ClassVar[str] = "lengths"
    title: ClassVar[str] = "Predict lengths"
    kind: ClassVar[Kind] = Kind.TEXT
    cases: ClassVar[str] = "Documents"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "test_length_accuracy"
    baselines: ClassVar[tuple[str, ...]] = ("always_short",)
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        "test_length_accuracy": ScoreKind("Length accuracy", "higher", "test", 1.0)
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {"always_short": "Always short"}

    def refusal(self, dataset: DatasetRow) -> InputError | None:
        if dataset.counts["documents"] >= 10:
            return None
        return InputError("Lengths need at least 10 documents.", received=dataset.name, remedy="Bring more documents.")

    def split(self, dataset: TextDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        documents: Documents = [words for batch in document_batches(dataset) for words in batch]
        order = np.random.default_rng(required(protocol).seed).permutation(len(documents))
        n_test = round(len(documents) * required(protocol).test_share)
        learned = [documents[row] for row in order[n_test:]]
        return Parts(learned, (learned, [documents[row] for row in order[:n_test]]))

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        table = result.ability(LongByFirstWord)
        assert table is not None
        test = parts.held_out[1]
        is_long = [len(words) >= LONG for words in test]
        right = np.mean([table.is_long(words) == truth for words, truth in zip(test, is_long, strict=True)])
        return {
            "test_length_accuracy": float(right),
            "n_test": len(test),
            "baselines": {"always_short": {"test_length_accuracy": 1 - float(np.mean(is_long))}},
        }

    def part_sizes(self, parts: Parts) -> PartSizes:
        learned, test = parts.held_out
        return PartSizes(len(learned), 0, len(test))

    def data_file(self, model: Model[Any, Any]) -> str:
        return "documents.txt"

    def write_data(self, dataset: TextDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path) -> Path:
        path = folder / self.data_file(model)
        write_documents(dataset, path)
        return path


class LongByFirstWord(Ability[TextDataset]):
    refusal = "This run does not know lengths."
    folder = "lengths"

    def __init__(self, long_words: Sequence[str]) -> None:
        self.long_words = set(long_words)

    def is_long(self, words: Sequence[str]) -> bool:
        return bool(words) and words[0] in self.long_words

    def state(self) -> State:
        return State({}, {"long_words": sorted(self.long_words)})

    @classmethod
    def from_state(cls, state: State) -> LongByFirstWord:
        return cls(state.config["long_words"])

    def check(self, dataset: TextDataset) -> None:
        self.is_long(["word"])


class TableModel(Model[Parameters, Documents]):
    name: ClassVar[str] = "length-table"
    title: ClassVar[str] = "Length table"
    summary: ClassVar[str] = "Looks a document's length up by its first word."
    task: ClassVar[str] = "lengths"
    parameters_class = Parameters
    abilities = (LongByFirstWord,)

    def defaults(self, counts: Counts) -> Parameters:
        return Parameters()

    def estimate(self, counts: Counts, parameters: Parameters, n_threads: int) -> Estimate:
        return Estimate(1.0 + counts["documents"] * 1e-6, 100.0)

    def train(self, data: Documents, parameters: Parameters, context: Context) -> TrainingResult:
        votes: Counter[str] = Counter()
        for words in data:
            votes[words[0]] += 1 if len(words) >= LONG else -1
        context.progress(epoch=0, n_epochs=1, share_of_epoch=1.0)
        table = LongByFirstWord([word for word, n in votes.items() if n > 0])
        return TrainingResult({}, State({}), abilities=(table,))

    def script(self, parameters: Parameters, data_file: str) -> str:
        return f"print(len(open({data_file!r}).readlines()))\n"


@pytest.fixture(autouse=True)
def _toys() -> Iterator[None]:
    with tasks.registered(Lengths()), models.registered(TableModel()):
        yield
    assert "lengths" not in tasks.TASKS
    assert "length-table" not in models.MODELS


@pytest.fixture
def text_id(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Documents that start with `brief` are short, those that start with `wordy` are long."""

    def dispatch(self: Jobs) -> None:
        # Trainings first: what is queued within the same thousandth of a second has no order.
        for row in sorted(self.jobs(active=True), key=lambda row: row.run_id is None):
            execute(self.workspace, row.id)

    # Commands and pages see the toys because all jobs are done in this process.
    monkeypatch.setattr(Jobs, "dispatch", dispatch)
    path = tmp_path / "texts.txt"
    short, long = "brief note here", "wordy letter with many more words"
    path.write_text(f"{short}\n" * N_SHORT + f"{long}\n" * N_LONG)
    upload = workspace.stage_upload(path, "texts.txt")
    Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "letters")
    return workspace.datasets()[0].id


@pytest.fixture
def run_id(workspace: Workspace, text_id: str) -> str:
    return Jobs(workspace).submit_training(text_id, "length-table", {}).id


def said(app: AppTest) -> str:
    assert not app.exception
    assert [error.value for error in app.error] == []
    tables = [table.value.to_csv() for table in app.dataframe]
    tables += [part.proto.json for part in app.get("bidi_component")]
    return " ".join([*(each.value for each in [*app.markdown, *app.caption, *app.header]), *tables])


def test_a_run_without_embeddings_is_judged_and_kept(workspace: Workspace, run_id: str) -> None:
    run = workspace.run(run_id)
    assert run.status == "succeeded"
    assert workspace.embeddings(run_id=run_id) == []
    score = read_scores(run.scores)["test_length_accuracy"]
    assert (score.value, score.title, score.better, score.part) == (1.0, "Length accuracy", "higher", "test")
    assert tasks.headline_score(run.model, run.scores) == score
    assert run.protocol is not None


def test_the_ability_is_found_and_opened(workspace: Workspace, run_id: str) -> None:
    assert [run.id for run in runs_with(workspace, LongByFirstWord)] == [run_id]
    table = open_ability(workspace, run_id, LongByFirstWord)
    assert table.is_long(["wordy"])
    assert not table.is_long(["brief"])


def test_a_dataset_that_does_not_suffice_is_refused(workspace: Workspace, text_id: str, tmp_path: Path) -> None:
    (tmp_path / "few.txt").write_text("one two\nthree four\n")
    upload = workspace.stage_upload(tmp_path / "few.txt", "few.txt")
    Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "few")
    few = next(row for row in workspace.datasets() if row.id != text_id)
    with pytest.raises(InputError, match="at least 10 documents"):
        Jobs(workspace).submit_training(few.id, "length-table", {})


def test_pages_offer_train_show_and_compare_it(
    open_page: Callable[..., AppTest], workspace: Workspace, text_id: str
) -> None:
    app = open_page("train", dataset=text_id, model="length-table")
    assert "Looks a document's length up" in said(app).replace("\\", "")
    app.button(key="start-training").click().run()
    run = workspace.runs(text_id)[0]
    assert run.status == "succeeded"
    shown = said(open_page("runs", run=run.id))
    assert "Length accuracy" in shown or "test_length_accuracy" in shown
    assert "Always short" in shown
    Jobs(workspace).submit_training(text_id, "length-table", {"seed": 1})
    listed = said(open_page("runs"))
    assert "length accuracy 1.000" in listed
    compared = said(open_page("runs", view="compare", dataset=text_id))
    assert "Length accuracy" in compared or "test_length_accuracy" in compared
    assert "Always short" in compared
    assert compare_runs(workspace, text_id).scores["test_length_accuracy"].values == (1.0, 1.0)


def test_commands_train_show_compare_and_export_it(embedlab: Callable[..., Said], text_id: str, tmp_path: Path) -> None:
    trained = embedlab("train", text_id, "length-table", "--json")
    assert trained.exit_code == 0, trained.err
    run = trained.json["run"]
    shown = embedlab("show", run)
    assert (shown.exit_code, "Length accuracy" in shown.out) == (0, True)
    compared = embedlab("compare-runs", text_id, "--json")
    assert compared.exit_code == 0
    assert "test_length_accuracy" in compared.out
    bundle = tmp_path / "again.zip"
    assert embedlab("script", run, "--out", bundle).exit_code == 0
    assert bundle.stat().st_size > 0


def test_a_backup_holds_it(workspace: Workspace, run_id: str, tmp_path: Path) -> None:
    archive = write_backup(workspace, tmp_path / "backup.zip")
    restored = Workspace.open(workspace.settings.model_copy(update={"home": tmp_path / "restored"}))
    restore_workspace(restored, archive)
    assert restored.run(run_id).scores == workspace.run(run_id).scores
    assert open_ability(restored, run_id, LongByFirstWord).is_long(["wordy"])
    restored.close()
