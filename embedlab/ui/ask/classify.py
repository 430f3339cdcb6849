"""Asking a classifier for the label of a new text, with the words that decided."""

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
from embedlab.ui.ask.new_text import LONGEST_PASTED
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.runs import run_behind
from embedlab.ui.widgets import figures as run_figures
from embedlab.workspace.rows import EmbeddingRow, RunRow

_MOST_LABELS = 10
_MOST_WORDS = 5
_MOST_UNKNOWN = 20
_ROW_HEIGHT = 34
#: With less than this share of its words known, a text says little to the run.
_FEW_KNOWN = 0.5
#: The answer is close where the second label has at least this share of the first one's probability.
_CLOSE_CALL = 0.5
#: Nearer to 0 or 1 than this, digits of a probability mean nothing.
_CERTAIN = 1e-4


def _text_predictor(run_id: str) -> tuple[Classifies, TextDataset]:
    workspace = resources.workspace()
    return resources.opened(
        "text-predictor",
        run_id,
        lambda: open_with_dataset(workspace, run_id, Classifies, TextDataset),
        spinner="Opening the run",
    )


def can_classify(row: EmbeddingRow) -> bool:
    """Tell whether the run behind an embedding gives labels to new texts."""
    run = run_behind(row)
    return run is not None and has_ability(run, Classifies)


@st.fragment
def ask_label(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask which label a text gets that is pasted."""
    del embedding
    asked, decided = st.columns(2, gap="large")
    with asked:
        text = st.text_area(
            "Which label does this text get?",
            key="classified-text",
            persist_state="session",
            max_chars=LONGEST_PASTED,
            height=120,
            placeholder="Paste or write a text; press Ctrl+Enter to ask.",
        )
        if not text.strip():
            st.caption("The run tells its label by what it has learned; nothing is trained again.")
            return
        try:
            predictor, dataset = _text_predictor(str(row.run_id))
            found = classify_text(predictor, text, dataset.tokenize)
        except EmbedLabError as error:
            show(error)
            return
        _answer(found, run_behind(row))
    with decided:
        _words(found)


def _answer(found: Classified, run: RunRow | None) -> None:
    """Draw the label, the probabilities of all, and how far they can be trusted."""
    with st.container(border=True, gap="small"):
        st.markdown(f"### :material/label: {plain(found.label, 60)}")
        close = " That is a close call." if _is_close(found) else ""
        st.markdown(f"with a probability of **{percent(found.probability)}**, as the run itself believes.{close}")
        _probabilities(found.probabilities)
    st.caption(_read(found))
    if run is not None:
        _trust(run)


def _is_close(found: Classified) -> bool:
    return any(probability >= _CLOSE_CALL * found.probability for _, probability in found.probabilities[1:])


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
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (len(shown) + 1) + 3,
        column_config={
            "Probability": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
        },
        alt="Probability of each label",
    )
    if len(probabilities) > len(shown):
        rest = sum(probability for _, probability in probabilities[_MOST_LABELS:])
        st.caption(f"The other {len(probabilities) - len(shown):,} labels have {percent(rest)} together.")


def _read(found: Classified) -> str:
    """Say how much of the text the answer stands on."""
    told = [f"{found.n_known:,} of {found.n_words:,} words are known to this run."]
    if found.n_read < found.n_words:
        told.append(f"Only the first {found.n_read:,} words are read, as in its training.")
    if found.n_known < _FEW_KNOWN * found.n_words:
        told.append(":material/warning: Most words are unknown, so the answer stands on little.")
    return " ".join(told)


def _trust(run: RunRow) -> None:
    accuracy = run.scores.get("test_accuracy")
    measured = (
        f"On texts with known labels that it had not seen, this run named {accuracy:.1%} right."
        if isinstance(accuracy, int | float)
        else "How often it is right is told by its scores."
    )
    st.caption(
        "The probability is not calibrated: classifiers are often surer than they should be, most of all about texts "
        f"unlike those they learned from. {measured}"
    )
    page_link("runs", label="The run and its scores", icon=":material/list_alt:", query=current.link(run=run.id))


def _words(found: Classified) -> None:
    """Draw the words that decided, and name those that are not known."""
    label = plain(found.label, 40)
    st.markdown(f"##### Words that spoke for and against {label}")
    effects = found.strongest(_MOST_WORDS)
    if effects:
        st.caption(f"Beside each bar: how probable {label} is when that word is left out.")
        run_figures.show(
            words_for_and_against(
                [_name(each) for each in effects],
                [each.weight for each in effects],
                [percent(each.without) for each in effects],
                theme=run_figures.theme(),
            ),
            key="words-that-decided",
            alt=f"Words that spoke for and against {one_line(found.label, 40)}",
        )
        st.caption(_how_to_read(found, effects))
    else:
        st.caption("No word moved the answer.")
    if found.unknown:
        names = ", ".join(f"**{plain(word, 40)}**" for word in found.unknown[:_MOST_UNKNOWN])
        more = len(found.unknown) - _MOST_UNKNOWN
        rest = f" and {more:,} more" if more > 0 else ""
        st.caption(f"Not known, and read as one and the same word: {names}{rest}.")


def _name(effect: WordEffect) -> str:
    return effect.word if effect.is_known else f"{effect.word} (not known)"


def _how_to_read(found: Classified, effects: Sequence[WordEffect]) -> str:
    told = [
        "Words with bars to the right (blue) spoke for it, those with bars to the left (orange) against it; "
        "the longer, the more (measured in log-odds)."
    ]
    if len(effects) < len(found.effects):
        told.append(f"The strongest {len(effects):,} of {len(found.effects):,} different words are shown.")
    if found.n_unweighed:
        told.append(f"{found.n_unweighed:,} further words of the text were not tried.")
    return " ".join(told)


def percent(probability: float) -> str:
    """Return a probability in percent, with more digits the nearer it is to 0 or 1.

    Examples
    --------
    >>> [percent(each) for each in (0.5, 0.9912, 0.99952, 0.99997, 0.0)]
    ['50.0 %', '99.12 %', '99.95 %', '> 99.99 %', '< 0.01 %']
    """
    rest = min(probability, 1 - probability)
    if rest < _CERTAIN:
        return "> 99.99 %" if probability > 0.5 else "< 0.01 %"
    return f"{probability:.{2 if rest < 1e-2 else 1}%}".replace("%", " %")
