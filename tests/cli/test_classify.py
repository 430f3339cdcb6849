"""The label of a new text, by command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embedlab.core.settings import Settings
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.cli.conftest import Said
from tests.planted_classifier import HOSTILE_LABEL, keep_classifier, planted_predictor, sigmoid

Run = Callable[..., Said]


@pytest.fixture
def keep(home: Path) -> Callable[..., RunRow]:
    def kept(*arguments: object, **named: object) -> RunRow:
        workspace = Workspace.open(Settings(home=home))
        run = keep_classifier(workspace, planted_predictor(*arguments, **named))  # type: ignore[arg-type]
        workspace.close()
        return run

    return kept


def test_a_new_text_gets_its_label_with_probabilities_and_the_words_that_decided(
    embedlab: Run, keep: Callable[..., RunRow], tmp_path: Path
) -> None:
    run = keep(sequence_length=4).id
    said = embedlab("classify", run, "--text", "SHIP, the tram; ship and zeppelin", "--json")
    assert said.exit_code == 0
    answer = said.json
    # 4, 0, -4, 4: the last two words are not read.
    assert answer["label"] == "sea"
    assert list(answer["probabilities"]) == ["sea", "town"]
    assert answer["probabilities"]["sea"] == pytest.approx(sigmoid(1), abs=1e-6)
    assert (answer["n_words"], answer["n_known"], answer["n_read"]) == (6, 4, 4)
    assert [each["word"] for each in answer["words"]] == ["ship", "the", "tram"]
    assert answer["words"][0]["change"] == pytest.approx(sigmoid(1) - sigmoid(-2), abs=1e-6)
    assert said.err.splitlines() == ["4 of 6 words are in the vocabulary.", "Only the first 4 words are read."]
    (tmp_path / "new.txt").write_text("the tram", encoding="utf-8")
    lines = embedlab("classify", run, "--file", tmp_path / "new.txt").out.splitlines()
    assert lines[1].split() == ["town", f"{sigmoid(2):.5f}"]
    assert ["tram", "for", "0.50000"] in [line.split() for line in lines]
    assert ["the", "against", f"{sigmoid(4):.5f}"] in [line.split() for line in lines]


def test_many_labels_are_all_in_the_json_and_ten_in_the_table(embedlab: Run, keep: Callable[..., RunRow]) -> None:
    classes = ["\x1b[31mred\u202e", *(f"other {number}" for number in range(11))]
    run = keep(classes).id
    assert list(embedlab("classify", run, "--text", "ship", "--json").json["probabilities"]) == classes
    said = embedlab("classify", run, "--text", "ship")
    assert said.out.count("other") == 9
    assert "2 more labels" in said.err
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out


def test_what_cannot_be_classified_is_refused(embedlab: Run, keep: Callable[..., RunRow], tmp_path: Path) -> None:
    run = keep([HOSTILE_LABEL, "town"]).id
    (tmp_path / "long.txt").write_text("ship " * 200_001, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("")
    wrong: list[list[object]] = [
        [],
        ["--text", "ship", "--file", tmp_path / "empty.txt"],
        ["--text", ""],
        ["--text", "😀 <b>"],
        ["--file", tmp_path / "empty.txt"],
        ["--file", tmp_path / "long.txt"],
        ["--file", tmp_path / "none.txt"],
    ]
    for arguments in wrong:
        refused = embedlab("classify", run, *arguments, "--json")
        assert refused.exit_code == 2, refused
        assert refused.json["error"]["what"]
    refused = embedlab("similar", run, "--text", "ship", "--json")
    assert refused.exit_code == 2
    assert embedlab("classify", "nonesuch", "--text", "ship", "--json").exit_code == 2


def test_a_run_that_gives_no_labels_names_the_models_that_do(embedlab: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "texts.txt"
    corpus.write_text("the ship sails over the sea\nthe tram goes through the town\n" * 20)
    dataset = embedlab("import", "text", corpus, "--json").json["id"]
    run = embedlab("train", dataset, "ppmi-svd", "--set", "vector_size=2", "--set", "min_count=1", "--json").json["run"]
    refused = embedlab("classify", run, "--text", "ship", "--json")
    assert refused.exit_code == 2
    assert "cannot classify texts" in refused.json["error"]["what"]
    assert refused.json["error"]["remedy"] == "Choose a run of one of these models: text-classifier."


@pytest.mark.slow
def test_real_messages_get_their_labels(embedlab: Run, real_data: Callable[[str], Path]) -> None:
    path = real_data("sms-spam/SMSSpamCollection")
    roles = ["--label-column", 0, "--text-column", 1]
    dataset = embedlab("import", "text", path, *roles, "--json").json["id"]
    trained = embedlab("train", dataset, "text-classifier", "--json").json
    assert trained["scores"]["test_accuracy"] > 0.97
    texts = {
        "Free entry! You have WON a £900 prize. Call 09061701461 now, claim your code before Sunday": "spam",
        "I'm on my way home, will be late for dinner. Did you call mom?": "ham",
    }
    for text, label in texts.items():
        answer = embedlab("classify", trained["run"], "--text", text, "--json").json
        assert answer["label"] == label
        assert answer["probabilities"][label] > 0.9
    answer = embedlab("classify", trained["run"], "--text", next(iter(texts)), "--json").json
    assert {"claim", "prize"} <= {each["word"] for each in answer["words"] if each["change"] > 0}
