"""Import options of text: files, columns, tokenizer, and phrases."""

from __future__ import annotations

from typing import Any

import streamlit as st

from embedlab.kinds.guess import Guess
from embedlab.kinds.text.dataset import TextOptions
from embedlab.kinds.text.phrases import PhraseOptions
from embedlab.kinds.text.tokenizing import TokenizerOptions
from embedlab.reading.bundles import is_bundle
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import TABLES, Fields
from embedlab.ui.widgets.wording import number

_NONE = "\u2013"
SEGMENTATIONS = {
    "spaces": "Spaces and punctuation",
    "characters": "Characters (Chinese, Japanese, Thai)",
    "chinese": "Chinese words (jieba)",
    "japanese": "Japanese words (MeCab)",
}
_SCORINGS = {"npmi": "NPMI, from -1 to 1", "default": "word2vec, grows with the text"}
_LABELS_BY = {"none": "None, or from a column", "file": "File name", "folder": "Folder name"}
_STOP_WORDS = {"none": "Keep all words", "english": "Remove English stop words"}


def draw(fields: Fields, guess: Guess, reading: dict[str, Any]) -> TextOptions:
    """Draw the options of text and return them."""
    files = _files(fields, guess)
    columns = _columns(fields, guess, reading) if reading["layout"] in TABLES else {}
    if files:
        reading = {name: value for name, value in reading.items() if name != "member"}
        if files["label_by"] != "none":
            columns.pop("label_column", None)
    return TextOptions(**reading, **files, **columns, tokenizer=_tokenizer(fields), phrases=_phrases(fields))


def reads_all(fields: Fields) -> bool:
    """Tell whether the form reads all files of an archive."""
    return bool(st.session_state[fields.key("all_members", is_bundle(reading_form.opened(fields.upload.id)))])


def _files(fields: Fields, guess: Guess) -> dict[str, Any]:
    """Draw whether all files of an archive are read, and whether they label their documents."""
    n_files = 0 if guess.member is None else len(reading_form.opened(fields.upload.id).members)
    if n_files < 2:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        is_all = st.toggle(
            f"Read all {number(n_files)} files",
            key=fields.key("all_members", is_bundle(reading_form.opened(fields.upload.id))),
            help="The documents of each file in turn. Switched off, only one file is read.",
        )
        if not is_all:
            return {}
        label_by = fields.choose(
            "Document label", "label_by", list(_LABELS_BY), "none", _LABELS_BY.__getitem__, width=260
        )
    return {"all_members": True, "label_by": label_by}


def _columns(fields: Fields, guess: Guess, reading: dict[str, Any]) -> dict[str, Any]:
    names, rows = reading_form.head_of(fields.upload.id, reading_form.table_format(reading))
    text, label = guess.role("text"), guess.role("label")
    title = reading_form.column_titles(names, rows, has_header=reading.get("has_header", True))
    left, right = st.columns(2, gap="medium")
    with left:
        longest = max(range(len(names)), key=lambda index: sum(len(row[index]) for row in rows if index < len(row)))
        default = text.name if text is not None and text.name in names else names[longest]
        text_column = fields.choose("Text column", "text_column", names, default, title)
    with right:
        default = label.name if label is not None and label.name in names else _NONE
        label_column = fields.choose("Label column", "label_column", [_NONE, *names], default, title)
    return {"text_column": text_column, "label_column": None if label_column == _NONE else label_column}


def _tokenizer(fields: Fields) -> TokenizerOptions:
    st.markdown("## Tokenizer")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        lowercase = st.toggle("Lowercase", key=fields.key("lowercase", True))
        keep_digits = st.toggle("Keep digits", key=fields.key("keep_digits", True))
        min_length = st.number_input("Minimum word length", 1, 20, key=fields.key("min_length", 1), width=180)
        stop_words = fields.choose(
            "Stop words", "stop_words", list(_STOP_WORDS), "none", _STOP_WORDS.__getitem__, width=240
        )
        segmentation = fields.choose(
            "Segmentation", "segmentation", list(SEGMENTATIONS), "spaces", SEGMENTATIONS.__getitem__, width=240
        )
    return TokenizerOptions(
        lowercase=lowercase,
        keep_digits=keep_digits,
        min_length=int(min_length),
        stop_words=stop_words,
        segmentation=segmentation,
    )


def _phrases(fields: Fields) -> PhraseOptions | None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        join_phrases = st.toggle(
            "Join phrases",
            key=fields.key("phrases", False),
            help="Words that occur together more often than by chance become one word, such as new_york. "
            "The import takes about five times as long: 0.3 million words per second.",
        )
        if not join_phrases:
            return None
        min_count = st.number_input("Minimum count", 1, 1_000_000, key=fields.key("phrase_min_count", 5), width=140)
        scoring = fields.choose("Score", "phrase_scoring", list(_SCORINGS), "npmi", _SCORINGS.__getitem__, width=220)
        threshold = st.number_input(
            "Score threshold",
            *((-1.0, 1.0) if scoring == "npmi" else (0.0, 1e9)),
            step=0.05 if scoring == "npmi" else 1.0,
            key=fields.key(f"phrase_threshold:{scoring}", PhraseOptions(scoring=scoring).score_above),
            width=150,
        )
        has_connectors = st.toggle(
            "Across of, the …",
            key=fields.key("phrase_connectors", False),
            help="Allow English words such as of inside a phrase: bank_of_america.",
        )
    return PhraseOptions(
        min_count=int(min_count),
        scoring=scoring,
        threshold=threshold,
        connector_words="english" if has_connectors else "none",
    )
