"""Own checks and test files of a dataset, edited on the comparison view."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.roles import evaluated_embedding
from embedlab.evaluation.checks import FAR, LONGEST_CHECK, NEAR, examples
from embedlab.evaluation.question_files import MOST_BYTES
from embedlab.jobs.judging import FILE_KINDS, keep_check, keep_file
from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show, shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import counted
from embedlab.workspace.rows import DatasetRow, YardstickRow
from embedlab.workspace.yardsticks import WORD_PAIRS, remove_yardstick, yardsticks_of

# A dataset has few kinds of embeddings, however many runs.
_MOST_LOOKED_AT = 50
_TITLES = {"pairs": "{} pairs with scores", "analogies": "Analogies"}


def draw(dataset: DatasetRow) -> None:
    """Draw the checks and test files of a dataset, and the forms that add more.

    Nothing is drawn if they can evaluate none of the embeddings of the dataset, such as those of images.
    """
    rows = yardsticks_of(resources.workspace(), dataset.id)
    newest = resources.workspace().embeddings(dataset_id=dataset.id, most=_MOST_LOOKED_AT)
    names = {row.name for row in newest}
    if names and not rows and evaluated_embedding(names) is None:
        return
    st.markdown("## Checks and test files for this dataset")
    st.caption("Saved with the dataset and used to score every later run.")
    left, right = st.columns(2, gap="large")
    with left:
        _checks(dataset, [row for row in rows if row.kind == "check"])
    with right:
        _files(dataset, [row for row in rows if row.kind in FILE_KINDS])


def _checks(dataset: DatasetRow, rows: list[YardstickRow]) -> None:
    st.markdown("**Own checks**")
    with st.container(gap="xxsmall"):
        for row in rows:
            _list_entry(dataset, row, plain(row.name, LONGEST_CHECK))
    # A new key makes a new, empty field after a check is added; a rejected check stays in its field.
    counter_key = "check-counter"
    key = f"new-check:{st.session_state.setdefault(counter_key, 0)}"
    shown = [plain(example, 300) for example in examples(kind_of(dataset.kind).example_keys)]
    with st.form("add-check", border=False, clear_on_submit=False):
        text = st.text_input(
            "New check",
            max_chars=LONGEST_CHECK,
            placeholder=shown[0],
            key=key,
            help=f"{' · '.join(shown)}. Near means among the {NEAR} nearest, or `within` a number you give. Far "
            f"means not among the {FAR} nearest (for a small vocabulary, the nearest tenth), or `beyond` a number. "
            "Put a name that contains one of these words in double quotes.",
        )
        if st.form_submit_button("Add check", icon=":material/add:"):
            with shown_errors():
                keep_check(resources.workspace(), dataset.id, text)
                st.session_state[counter_key] += 1
                st.rerun()
    if not rows:
        st.caption(f"For example: {' · '.join(shown)}")


def _files(dataset: DatasetRow, rows: list[YardstickRow]) -> None:
    st.markdown("**Test files**")
    with st.container(gap="xxsmall"):
        for row in rows:
            n_entries = (
                len(row.content) if row.kind == WORD_PAIRS else sum(len(questions) for _, questions in row.content)
            )
            entries = "pairs" if row.kind == WORD_PAIRS else "questions"
            _list_entry(dataset, row, f"{plain(row.name)} \u2002 {counted(n_entries, entries)}")
    noun = "words" if kind_of(dataset.kind).keys_are_words else "names"
    kind = st.segmented_control(
        "Kind of file",
        list(_TITLES),
        format_func=lambda name: _TITLES[name].format(noun.capitalize().removesuffix("s")),
        default="pairs",
        required=True,
    )
    counter_key = "yardstick-counter"
    key = f"yardstick-file:{kind}:{st.session_state.setdefault(counter_key, 0)}"
    largest_mb = MOST_BYTES // 1024**2
    file = st.file_uploader(
        file_help(kind or "pairs", are_words=kind_of(dataset.kind).keys_are_words), key=key, max_upload_size=largest_mb
    )
    if file is None:
        return
    with shown_errors():
        workspace = resources.workspace()
        upload = workspace.stage_upload(file, file.name)
        try:
            if upload.size_bytes == 0:
                raise InputError("The file is empty.", received=upload.name)
            keep_file(workspace, dataset.id, kind or "pairs", upload.path, upload.name)
        finally:
            workspace.discard_upload(upload.id)
        # A new key makes a new uploader, so Streamlit frees the file of the old one.
        st.session_state[counter_key] += 1
        st.rerun()


def file_help(kind: str, *, are_words: bool) -> str:
    """Return what the lines of a test file hold: words, or names of keys that are not words, such as items."""
    names = "words" if are_words else "names"
    if kind == WORD_PAIRS:
        return f"Two {names} and a number per line, separated by tabs, commas or semicolons, with or without a header."
    example = ", as in questions-words.txt: Athens Greece Oslo Norway" if are_words else ": a is to b as c is to d"
    return f"Four {names} per line{example}. A line ': name' starts a section."


def _list_entry(dataset: DatasetRow, row: YardstickRow, text: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(text, width="stretch")
        st.button(
            "Remove",
            icon=":material/close:",
            type="tertiary",
            key=f"remove-{row.id}",
            on_click=_remove,
            args=(dataset.id, row.id),
        )


def _remove(dataset_id: str, yardstick_id: str) -> None:
    try:
        remove_yardstick(resources.workspace(), dataset_id, yardstick_id)
    except EmbedLabError as error:
        show(error)
