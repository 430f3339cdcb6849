"""How text becomes numbers, using the user's own text: tokens, indices, rows of the embedding table."""

from __future__ import annotations

import html

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models.shared.text_encoding import PADDING, UNKNOWN, EncodingSteps, encoding_steps
from embedlab.ui.kinds.one_hot_panel import values_of
from embedlab.ui.shell import resources
from embedlab.ui.widgets.wording import counted, number

_LONGEST_TEXT = 2000
#: Number of positions that are drawn; the rest are only counted.
_SHOWN = 14
_FIRST_WORDS = 8
_STYLE = """
<style>
.encoding { display: flex; flex-wrap: wrap; gap: .45rem .35rem; margin: .2rem 0 .4rem; }
.encoding > div { display: flex; flex-direction: column; align-items: center; gap: .15rem; font-size: .85rem; }
.encoding span { min-width: 2rem; padding: .15rem .4rem; text-align: center; border-radius: 4px;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); font-variant-numeric: tabular-nums; }
.encoding .index { background: #0072b2; color: #fff; border-color: #0072b2; }
.encoding .row { background: color-mix(in srgb, #e08a00 26%, transparent); border-color: #e08a00; }
.encoding .faint { opacity: .55; }
.encoding small { opacity: .72; align-self: center; }
</style>
"""


def draw(
    dataset_id: str, *, min_count: int, max_words: int | None, sequence_length: int | None, output_dim: int
) -> None:
    """Draw the steps for a text typed by the user.

    Parameters
    ----------
    min_count, max_words
        Which words have an index.
    sequence_length
        Length of every encoded text; None for the length of the text itself.
    output_dim
        Number of columns of the embedding table.
    """
    dataset = TextDataset.open(resources.workspace().dataset_folder(dataset_id))
    key = f"encoding:{dataset_id}"
    if key not in st.session_state:
        st.session_state[key] = _first_words(dataset)
    text = st.text_input("Text", key=key, max_chars=_LONGEST_TEXT, help="Type any text.")
    tokens = dataset.tokenize(text)
    if not tokens:
        st.caption("No words remain after tokenizing this text.")
        return
    words = values_of(dataset_id, min_count).keys[:max_words]
    steps = encoding_steps(tokens, words, sequence_length or len(tokens), output_dim)
    st.html(_STYLE + markup(steps))
    st.caption(summary(steps))


def _first_words(dataset: TextDataset) -> str:
    """Return the first words of the first document that has any."""
    return next((" ".join(words[:_FIRST_WORDS]) for words in dataset.documents(0, 20) if words), "")


def markup(steps: EncodingSteps) -> str:
    """Return token, index and row of each position as HTML; all data is escaped."""
    cells = []
    for position, index in enumerate(steps.indices[:_SHOWN]):
        token = html.escape(one_line(steps.tokens[position], 24)) if position < len(steps.tokens) else "\u2013"
        faint = ' class="faint"' if index == PADDING else ""
        cells.append(
            f'<div{faint}><span>{token}</span><span class="index">{index:,}</span>'
            f'<span class="row">row {index:,}</span></div>'
        )
    rest = len(steps.indices) - _SHOWN
    more = f"<small>and {rest:,} more positions</small>" if rest > 0 else ""
    return f'<div class="encoding">{"".join(cells)}{more}</div>'


def summary(steps: EncodingSteps) -> str:
    """Return a summary of the encoding in words."""
    length = len(steps.indices)
    parts = [
        f"Each token is looked up once: {counted(length, 'indices')} become {number(length)} \u00d7 "
        f"{number(steps.output_dim)} numbers, rows of a table of {number(steps.input_dim)} rows."
    ]
    if n_padding := length - len(steps.tokens):
        parts.append(f"Index {PADDING} fills {counted(n_padding, 'positions')} up to sequence_length.")
    if steps.n_cut:
        are = "is" if steps.n_cut == 1 else "are"
        parts.append(f"{counted(steps.n_cut, 'tokens')} beyond sequence_length {are} cut off.")
    if steps.n_unknown:
        parts.append(f"Index {UNKNOWN} is used for {counted(steps.n_unknown, 'tokens')} outside the vocabulary.")
    return " ".join(parts)
