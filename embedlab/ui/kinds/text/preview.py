"""Preview of text before it is imported: first documents, frequent words, vocabulary size by minimum count."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.evaluation.verdicts import share
from embedlab.figures.bars import frequent_words
from embedlab.kinds.text.companions import preview_joined
from embedlab.kinds.text.dataset import TextOptions, TextPreview, preview_text
from embedlab.kinds.text.guessing import assumptions
from embedlab.kinds.text.tokens.segmenting import Segmentation, is_installed
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.text import labels_and_phrases, question
from embedlab.ui.kinds.text.form import SEGMENTATIONS
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import counted, number, warnings_in_one

_FREQUENT = 12
_MIN_COUNTS = (1, 2, 3, 5, 10, 20)
_CELL = 300
#: Streamlit wraps lines in rows above four times the font size; this height shows three lines.
_ROW_PX = 66


@st.cache_data(max_entries=60, show_spinner="Reading the text …")
def preview_of(upload_id: str, options_json: str, labels_id: str | None = None) -> TextPreview:
    """Return the preview of an upload with these options, and with the labels of another upload."""
    options = TextOptions.model_validate_json(options_json)
    if labels_id is None:
        return preview_text(reading_form.opened(upload_id), options, reading_form.limits())
    return preview_joined(reading_form.opened(upload_id), options, resources.workspace().upload(labels_id).path)


@st.cache_data(max_entries=60, show_spinner=False)
def assumptions_of(upload_id: str, options_json: str) -> list[str]:
    """Return what was assumed about an upload."""
    options = TextOptions.model_validate_json(options_json)
    return assumptions(reading_form.opened(upload_id, options.member), options)


def draw(fields: Fields, options: TextOptions, labels_id: str | None = None) -> bool:
    """Draw documents and figures, with the labels of another upload; return whether there is anything to import."""
    if question.ask(fields, options):
        return False
    preview = preview_of(fields.upload.id, options.model_dump_json(), labels_id)
    for sentence in assumptions_of(fields.upload.id, options.model_dump_json()):
        st.caption(plain(sentence, 300))
    counts = preview.counts
    boxes = st.columns(4, gap="small")
    boxes[0].metric("Documents", number(counts["documents"]), border=True)
    boxes[1].metric("Words", number(counts["tokens"]), border=True)
    boxes[2].metric("Different words", number(counts["vocabulary"]), border=True)
    boxes[3].metric(
        "Words kept",
        f"{preview.share_kept:.0%}",
        border=True,
        help="Share of words that remain with these options.",
    )
    if not preview.is_complete:
        read = share(preview.share_read)
        st.caption(f"These figures are for about the first {read} of the file. The import reads all of it.")
    if preview.warnings:
        st.warning(warnings_in_one(preview.warnings), icon=":material/warning:")
    _suggestion(fields, preview)
    if not counts["tokens"]:
        return False
    documents, words = st.columns([3, 2], gap="medium")
    with documents:
        st.markdown("## First documents before and after tokenizing")
        _documents(preview)
    with words:
        st.markdown("## Most frequent words")
        figure = frequent_words(preview.most_frequent(_FREQUENT), theme=run_figures.theme())
        run_figures.show(figure, key=f"preview-words-{fields.upload.id}", alt="The most frequent words")
    labels_and_phrases.draw({"labels": preview.labels, "phrases": preview.phrases})
    _rare_words(fields, preview)
    return True


def _suggestion(fields: Fields, preview: TextPreview) -> None:
    """Offer the installed segmentations for a script without spaces between words."""
    if preview.suggests_whitespace:
        st.info("Many words look like ids or hashtags, which are split at punctuation.", icon=":material/tag:")
        st.button(
            f"Use segmentation: {SEGMENTATIONS['whitespace']}",
            key="suggested:whitespace",
            icon=":material/auto_fix_high:",
            on_click=_use_segmentation,
            args=(fields, "whitespace"),
        )
    suggested = preview.suggested_segmentation
    if suggested is None:
        return
    choices: tuple[Segmentation, ...] = (suggested, "characters")
    offered = [name for name in dict.fromkeys(choices) if is_installed(name)]
    with st.container(horizontal=True):
        for name in offered:
            st.button(
                f"Use segmentation: {SEGMENTATIONS[name]}",
                key=f"suggested:{name}",
                icon=":material/auto_fix_high:",
                on_click=_use_segmentation,
                args=(fields, name),
            )


def _use_segmentation(fields: Fields, name: str) -> None:
    st.session_state[fields.key("segmentation", name)] = name


def _documents(preview: TextPreview) -> None:
    shown: dict[str, list[str]] = {
        "Text": [document.raw[:_CELL] for document in preview.documents],
        "Words": [" · ".join(document.tokens)[:_CELL] for document in preview.documents],
    }
    if preview.labels is not None:
        shown = {"Label": [document.label or "" for document in preview.documents], **shown}
    st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        height=368,
        row_height=_ROW_PX,
        column_config={
            "Label": st.column_config.TextColumn(width=70),
            "Text": st.column_config.TextColumn(width=270),
            "Words": st.column_config.TextColumn(width=270),
        },
    )


def _rare_words(fields: Fields, preview: TextPreview) -> None:
    min_count = st.select_slider(
        "Minimum word count (a preview; the value for training is set on the Train page)",
        _MIN_COUNTS,
        key=fields.key("min_count", 2),
    )
    n_words, n_tokens = preview.kept(int(min_count))
    share = n_tokens / max(1, preview.counts["tokens"])
    remain = "remains" if n_words == 1 else "remain"
    st.caption(f"With min_count {min_count}, {counted(n_words, 'different words')} {remain}: {share:.0%} of the text.")
