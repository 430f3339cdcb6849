"""Import options of text: files, columns, tokenizer, and phrases."""

from __future__ import annotations

from typing import Any

import streamlit as st

from embedlab.kinds.guess import Guess
from embedlab.kinds.text.dataset import TextOptions
from embedlab.kinds.text.guessing import suggested_options
from embedlab.kinds.text.sniffing import text_in
from embedlab.kinds.text.tokens.phrases import PhraseOptions
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions
from embedlab.reading.bundles import is_bundle
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import TABLES, Fields
from embedlab.ui.widgets.wording import number

_NONE = "\u2013"
SEGMENTATIONS = {
    "spaces": "Spaces and punctuation",
    "whitespace": "Spaces only (ids, hashtags)",
    "characters": "Characters (Chinese, Japanese, Thai)",
    "chinese": "Chinese words (jieba)",
    "japanese": "Japanese words (MeCab)",
}
_SCORINGS = {"npmi": "NPMI, from -1 to 1", "default": "word2vec, grows with the text"}
_LABELS_BY = {"none": "None, or from a column", "file": "File name", "folder": "Folder name"}
_PARTS_BY = {"none": "None, or from a column", "file": "train and test in file names"}
_STOP_WORDS = {"none": "Keep all words", "english": "Remove English stop words"}


@st.cache_data(max_entries=40, show_spinner=False)
def _suggested(upload_id: str, member: str | None, encoding: str | None) -> TextOptions:
    """Return the options that the content suggests, the same as on the command line."""
    upload = reading_form.opened(upload_id, member)
    return suggested_options(upload if encoding is None else upload.read_in(encoding))


@st.cache_data(max_entries=40, show_spinner=False)
def _text_guess(upload_id: str, member: str | None) -> Guess:
    return text_in(reading_form.opened(upload_id, member))


def as_text(fields: Fields, guess: Guess) -> Guess:
    """Return how the file reads as text, also if it seems to be of another kind."""
    return _text_guess(fields.upload.id, guess.member)


def draw(fields: Fields, guess: Guess, reading: dict[str, Any]) -> TextOptions:
    """Draw the options of text and return them."""
    encoding = reading.get("encoding")
    suggested = _suggested(fields.upload.id, guess.member, None if encoding == guess.encoding else encoding)
    files = _files(fields, guess, suggested)
    columns = _columns(fields, reading, suggested) if reading["layout"] in TABLES else _prefix(fields, suggested)
    if files:
        reading = {name: value for name, value in reading.items() if name != "member"}
        if files["label_by"] != "none":
            columns.pop("label_column", None)
        if files["part_by"] != "none":
            columns.pop("part_column", None)
    options = {**reading, **columns, **files}
    return TextOptions(**options, tokenizer=_tokenizer(fields, suggested.tokenizer), phrases=_phrases(fields))


def reads_all(fields: Fields) -> bool:
    """Tell whether the form reads all files of an archive."""
    return bool(st.session_state[fields.key("all_members", _reads_all(fields))])


def _reads_all(fields: Fields) -> bool:
    upload = reading_form.opened(fields.upload.id)
    return is_bundle(upload) or _suggested(fields.upload.id, None, None).all_members


def _files(fields: Fields, guess: Guess, suggested: TextOptions) -> dict[str, Any]:
    """Draw whether all files of an archive are read, and whether they label their documents."""
    n_files = 0 if guess.member is None else len(reading_form.opened(fields.upload.id).members)
    if n_files < 2:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        is_all = st.toggle(
            f"Read all {number(n_files)} files",
            key=fields.key("all_members", _reads_all(fields)),
            help="The documents of each file in turn. Switched off, only one file is read.",
        )
        if not is_all:
            return {}
        label_by = fields.choose(
            "Document label", "label_by", list(_LABELS_BY), suggested.label_by, _LABELS_BY.__getitem__, width=260
        )
        part_by = fields.choose(
            "Published split", "part_by", list(_PARTS_BY), suggested.part_by, _PARTS_BY.__getitem__, width=260
        )
    return {"all_members": True, "label_by": label_by, "part_by": part_by}


def _prefix(fields: Fields, suggested: TextOptions) -> dict[str, Any]:
    """Draw whether lines begin with their label, where that is so."""
    if suggested.label_by != "prefix":
        return {}
    is_label = st.toggle("Labels from __label__ at the beginning", key=fields.key("label_prefix", True))
    return {"label_by": "prefix" if is_label else "none"}


def _columns(fields: Fields, reading: dict[str, Any], suggested: TextOptions) -> dict[str, Any]:
    names, rows = reading_form.head_of(fields.upload.id, reading_form.table_format(reading))
    title = reading_form.column_titles(names, rows, has_header=reading.get("has_header", True))
    left, middle, right = st.columns(3, gap="medium")
    with left:
        text_column = fields.choose("Text column", "text_column", names, _name(suggested.text_column, names), title)
    with middle:
        default = _name(suggested.label_column, names, _NONE)
        label_column = fields.choose("Label column", "label_column", [_NONE, *names], default, title)
    with right:
        default = _name(suggested.part_column, names, _NONE)
        part_column = fields.choose(
            "Column of the published split",
            "part_column",
            [_NONE, *names],
            default,
            title,
            help="Column that says train or test in each row.",
        )
    return {
        "text_column": text_column,
        "label_column": None if label_column == _NONE else label_column,
        "part_column": None if part_column == _NONE else part_column,
    }


def _name(column: str | int | None, names: list[str], none: str | None = None) -> str:
    """Return a suggested column if the table, read as the form says, has it."""
    return str(column) if column is not None and str(column) in names else none or names[0]


def _tokenizer(fields: Fields, suggested: TokenizerOptions) -> TokenizerOptions:
    st.markdown("## Tokenizer")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        lowercase = st.toggle("Lowercase", key=fields.key("lowercase", suggested.lowercase))
        keep_digits = st.toggle("Keep digits", key=fields.key("keep_digits", True))
        contractions = st.toggle(
            "Keep contractions", key=fields.key("contractions", True), help="Read don't and I'm as one word."
        )
        emoji = st.toggle("Keep emoji", key=fields.key("emoji", True), help="Read each emoji as a word.")
        strip_html = st.toggle(
            "Strip HTML",
            key=fields.key("strip_html", suggested.strip_html),
            help="Remove tags such as `<br />` and decode entities such as `&amp;` before words are found.",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        min_length = st.number_input("Minimum word length", 1, 20, key=fields.key("min_length", 1), width=180)
        stop_words = fields.choose(
            "Stop words", "stop_words", list(_STOP_WORDS), "none", _STOP_WORDS.__getitem__, width=240
        )
        segmentation = fields.choose(
            "Segmentation",
            "segmentation",
            list(SEGMENTATIONS),
            suggested.segmentation,
            SEGMENTATIONS.__getitem__,
            width=240,
        )
    return TokenizerOptions(
        lowercase=lowercase,
        keep_digits=keep_digits,
        min_length=int(min_length),
        stop_words=stop_words,
        segmentation=segmentation,
        contractions=contractions,
        emoji=emoji,
        strip_html=strip_html,
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
