"""Classification of a new text on the Ask page."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.ui.ask.classify import percent
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.planted_classifier import HOSTILE_LABEL, keep_classifier, planted_predictor, sigmoid

Open = Callable[..., AppTest]


def ask(open_page: Open, workspace: Workspace, run: RunRow, text: str, embedding: str = "words") -> AppTest:
    row = workspace.resolve_embedding(f"{run.id}/{embedding}")
    app = open_page("ask", embedding=row.id, view="classify")
    assert not app.exception
    app.text_area("classified-text").set_value(text).run()
    assert not app.exception
    return app


def captions_of(app: AppTest) -> str:
    return "\n".join(each.value for each in [*app.markdown, *app.caption])


def bars_of(app: AppTest) -> dict[str, str]:
    """Return what stands at the bar of each word."""
    (chart,) = app.get("plotly_chart")
    figure = json.loads(chart.proto.spec)
    texts = figure["data"][0]["text"]
    return dict(zip(map(unescape, figure["layout"]["yaxis"]["ticktext"]), texts, strict=True))


@pytest.mark.parametrize("embedding", ["words", "classes"])
def test_text_shows_label_and_word_effects(open_page: Open, workspace: Workspace, embedding: str) -> None:
    run = keep_classifier(workspace, planted_predictor(sequence_length=4))
    app = ask(open_page, workspace, run, "ship the tram ship and a Zeppelin", embedding)
    captions = captions_of(app)
    assert "## :material/label: sea" in captions
    # The mean weight of the four words that are read is 1.
    assert f"**{percent(sigmoid(1))}**" in captions
    answers = app.dataframe[0].value
    assert list(answers["Label"]) == ["sea", "town"]
    assert list(answers["Probability"]) == pytest.approx([sigmoid(1), sigmoid(-1)], abs=1e-6)
    assert "4 of 7 words are in the vocabulary" in captions
    assert "Only the first 4 words are used" in captions
    assert "not calibrated" in captions
    assert "87.5% correctly" in captions
    assert "close call" not in captions
    assert bars_of(app) == {
        "ship": percent(sigmoid(-2)),
        "the": percent(sigmoid(4 / 3)),
        "tram": percent(sigmoid(8 / 3)),
    }


def test_close_calls_and_unknown_words_show_warnings(open_page: Open, workspace: Workspace) -> None:
    run = keep_classifier(workspace, planted_predictor())
    app = ask(open_page, workspace, run, "the alpha beta <b>")
    captions = captions_of(app)
    assert "close call" not in captions
    assert "Most words are unknown" in captions
    assert "**alpha**, **beta**, **b**" in captions
    assert "alpha (unknown)" in bars_of(app)
    app.text_area("classified-text").set_value("the").run()
    assert not app.exception
    assert "This is a close call." in captions_of(app)
    assert "No single word changes the answer." in captions_of(app)
    assert not app.get("plotly_chart")


def test_many_labels_show_ten_and_markup_stays_text(open_page: Open, workspace: Workspace) -> None:
    classes = [HOSTILE_LABEL, *(f"other {number}" for number in range(11))]
    run = keep_classifier(workspace, planted_predictor(classes))
    app = ask(open_page, workspace, run, "ship ship ship ship </b> ![x](http://example.com/y.png) 😀 :red[ship] $a$")
    answers = app.dataframe[0].value
    assert len(answers) == 10
    assert answers["Label"][0] == HOSTILE_LABEL
    rest = sum(probability for probability in answers["Probability"])
    assert f"The other 2 labels have {percent(1 - rest)} in total." in captions_of(app)
    captions = captions_of(app)
    assert r"\!\[\]\(" in captions
    assert not any(piece in captions for piece in ("![", "<b>", ":red[", "$x$", "http://example"))


@pytest.mark.parametrize(
    "text", ["zzz qqq", pytest.param("😀😀", id="emoji"), "?!", pytest.param("x" * 100_000, id="long")]
)
def test_text_without_known_words_is_rejected_and_stays(open_page: Open, workspace: Workspace, text: str) -> None:
    run = keep_classifier(workspace, planted_predictor())
    app = ask(open_page, workspace, run, text)
    assert any("no word in the vocabulary of this run" in each.value for each in app.error)
    assert app.text_area("classified-text").value == text
    assert not app.dataframe


def test_no_answer_without_text(open_page: Open, workspace: Workspace) -> None:
    run = keep_classifier(workspace, planted_predictor())
    for text in ("", "  \n "):
        app = ask(open_page, workspace, run, text)
        assert not app.error
        assert not app.dataframe
        assert "nothing is trained again" in captions_of(app)


def test_only_classifiers_show_the_view(open_page: Open, workspace: Workspace, keep, royal) -> None:  # type: ignore[no-untyped-def]
    run = keep_classifier(workspace, planted_predictor())
    words = workspace.resolve_embedding(f"{run.id}/words")
    for row, is_offered in ((words, True), (keep(royal), False)):
        app = open_page("ask", embedding=row.id, view="classify")
        assert not app.exception
        offered = {option for control in app.get("button_group") for option in control.options}
        assert any("Classify" in option for option in offered) == is_offered
        assert bool(app.text_area) == is_offered


def test_damaged_classifier_shows_an_error(open_page: Open, workspace: Workspace) -> None:
    run = keep_classifier(workspace, planted_predictor())
    (workspace.run_folder(run.id) / "predictor" / "words.npy").unlink()
    app = ask(open_page, workspace, run, "ship")
    assert any("damaged" in each.value for each in app.error)


def test_run_links_to_the_classify_view(open_page: Open, workspace: Workspace) -> None:
    run = keep_classifier(workspace, planted_predictor())
    app = open_page("runs", run=run.id)
    assert not app.exception
    links = [each.proto for each in app.get("page_link")]
    (link,) = [each for each in links if each.label == "Classify a text"]
    words = workspace.resolve_embedding(f"{run.id}/words").id
    assert "view=classify" in link.query_string
    assert f"embedding={words}" in link.query_string


@pytest.mark.parametrize(
    ("share", "is_shown"), [pytest.param(0.875, True, id="part"), pytest.param(1.0, False, id="all")]
)
def test_run_shows_how_much_of_the_text_was_used(
    open_page: Open, workspace: Workspace, share: float, is_shown: bool
) -> None:
    run = keep_classifier(workspace, planted_predictor(), share_read=share)
    app = open_page("runs", run=run.id)
    assert not app.exception
    assert ("read 88 % of the words" in captions_of(app)) == is_shown


def test_probabilities_near_0_and_1_have_more_digits() -> None:
    texts = [percent(each) for each in (0.5, 0.9912, 0.99952, 0.99997, 1.0, 0.0042, 0.0)]
    assert texts == ["50.0 %", "99.12 %", "99.95 %", "> 99.99 %", "> 99.99 %", "0.42 %", "< 0.01 %"]
