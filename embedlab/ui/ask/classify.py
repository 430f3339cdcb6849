"""Classification of a new text: the predicted label and the words that decided it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.exploration.new_things.classify import Classified, WordEffect, classify_text
from embedlab.figures.bars import words_for_and_against
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models.contract.abilities import Classifies
from embedlab.ui.ask.new_text import MAX_TEXT_CHARACTERS
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.runs import run_of
from embedlab.ui.widgets import figures as run_figures
from embedlab.workspace.rows import EmbeddingRow, RunRow

_MOST_LABELS = 10
_MOST_WORDS = 5
_MOST_UNKNOWN = 20
_ROW_HEIGHT = 34
#: Below this share of known words, there is little to base the answer on.
_FEW_KNOWN = 0.5
#: It is a close call if the second label has at least this share of the probability of the first.
_CLOSE_CALL = 0.5
#: Closer to 0 or 1 than this, the digits of a probability mean nothing.
_SMALLEST_PROBABILITY = 1e-4


def _text_predictor(run_id: str) -> tuple[Classifies, TextDataset]:
    workspace = resources.workspace()
    return resources.open_cached(
        "text-predictor",
        run_id,
        lambda: open_with_dataset(workspace, run_id, Classifies, TextDataset),
        spinner="Opening the run …",
    )


def can_classify(row: EmbeddingRow) -> bool:
    """Return whether the run of an embedding can classify new texts."""
    run = run_of(row)
    return run is not None and has_ability(run, Classifies)


@st.fragment
def ask_label(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the text field and the predicted label."""
    del embedding
    text_column, words_column = st.columns(2, gap="large")
    with text_column:
        text = st.text_area(
            "Which label does this text get?",
            key="classified-text",
            persist_state="session",
            max_chars=MAX_TEXT_CHARACTERS,
            height=120,
            placeholder="Paste or type a text, then press Ctrl+Enter.",
        )
        if not text.strip():
            st.caption("The trained model predicts the label; nothing is trained again.")
            return
        try:
            predictor, dataset = _text_predictor(str(row.run_id))
            result = classify_text(predictor, text, dataset.tokenize)
        except EmbedLabError as error:
            show(error)
            return
        _answer(result, run_of(row))
    with words_column:
        _words(result)


def _answer(result: Classified, run: RunRow | None) -> None:
    """Draw the label, the probabilities of all labels, and how far to trust them."""
    with st.container(border=True, gap="small"):
        st.markdown(f"## :material/label: {plain(result.label, 60)}")
        close = " This is a close call." if _is_close(result) else ""
        st.markdown(f"Probability **{percent(result.probability)}**, according to the model.{close}")
        _probabilities(result.probabilities)
    st.caption(_coverage(result))
    if run is not None:
        _trust(run)


def _is_close(result: Classified) -> bool:
    return any(probability >= _CLOSE_CALL * result.probability for _, probability in result.probabilities[1:])


def _probabilities(probabilities: Sequence[tuple[str, float]]) -> None:
    shown = probabilities[:_MOST_LABELS]
    st.dataframe(
        pd.DataFrame(
            {
                "Label": [one_line(label, 60) for label, _ in shown],
                "Probability": [probability for _, probability in shown],
            }
        ),
        hide_index=True,
        placeholder="",
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (len(shown) + 1) + 3,
        column_config={
            "Probability": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
        },
        alt="Probability of each label",
    )
    if len(probabilities) > len(shown):
        rest = sum(probability for _, probability in probabilities[_MOST_LABELS:])
        st.caption(f"The other {len(probabilities) - len(shown):,} labels have {percent(rest)} in total.")


def _coverage(result: Classified) -> str:
    """Return how much of the text the model could use."""
    sentences = [f"{result.n_known:,} of {result.n_words:,} words are in the vocabulary."]
    if result.n_read < result.n_words:
        sentences.append(f"Only the first {result.n_read:,} words are used, as in training.")
    if result.n_known < _FEW_KNOWN * result.n_words:
        sentences.append(":material/warning: Most words are unknown, so there is little to base the answer on.")
    return " ".join(sentences)


def _trust(run: RunRow) -> None:
    accuracy = run.scores.get("test_accuracy")
    sentence = (
        f"On held-out data, the model classified {accuracy:.1%} correctly."
        if isinstance(accuracy, int | float)
        else "See its scores for how often it is right."
    )
    st.caption(
        "The probability is not calibrated. Classifiers are often overconfident, especially about texts unlike those "
        f"they were trained on. {sentence}"
    )
    page_link("runs", label="Open run", icon=":material/list_alt:", query=current.link(run=run.id))


def _words(result: Classified) -> None:
    """Draw the words that decided, and list those outside the vocabulary."""
    label = plain(result.label, 40)
    st.markdown(f"## Words for and against {label}")
    effects = result.strongest(_MOST_WORDS)
    if effects:
        st.caption(f"Next to each bar: the probability of {label} without that word.")
        run_figures.show(
            words_for_and_against(
                [_name(each) for each in effects],
                [each.weight for each in effects],
                [percent(each.without) for each in effects],
                theme=run_figures.theme(),
            ),
            key="words-that-decided",
            alt=f"Words for and against {one_line(result.label, 40)}",
        )
        st.caption(_how_to_read(result, effects))
    else:
        st.caption("No single word changes the answer.")
    if result.unknown:
        names = ", ".join(f"**{plain(word, 40)}**" for word in result.unknown[:_MOST_UNKNOWN])
        more = len(result.unknown) - _MOST_UNKNOWN
        rest = f" and {more:,} more" if more > 0 else ""
        st.caption(f"Out of vocabulary (all treated as one unknown word): {names}{rest}.")


def _name(effect: WordEffect) -> str:
    return effect.word if effect.is_known else f"{effect.word} (unknown)"


def _how_to_read(result: Classified, effects: Sequence[WordEffect]) -> str:
    sentences = [
        "Blue bars to the right count for the label, orange bars to the left against it. Length is in log-odds."
    ]
    if len(effects) < len(result.effects):
        sentences.append(f"The strongest {len(effects):,} of {len(result.effects):,} different words are shown.")
    if result.n_unweighed:
        sentences.append(f"{result.n_unweighed:,} more words of the text were not tried.")
    return " ".join(sentences)


def percent(probability: float) -> str:
    """Return a probability in percent, with more digits the closer it is to 0 or 1.

    Examples
    --------
    >>> [percent(each) for each in (0.5, 0.9912, 0.99952, 0.99997, 0.0)]
    ['50.0 %', '99.12 %', '99.95 %', '> 99.99 %', '< 0.01 %']
    """
    rest = min(probability, 1 - probability)
    if rest < _SMALLEST_PROBABILITY:
        return "> 99.99 %" if probability > 0.5 else "< 0.01 %"
    return f"{probability:.{2 if rest < 1e-2 else 1}%}".replace("%", " %")
