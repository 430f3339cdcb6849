"""What the embeddings of a dataset are judged by: own checks and files, edited where runs are compared."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.evaluation.checks import EXAMPLES, FAR, LONGEST_CHECK, NEAR
from embedlab.evaluation.question_files import MOST_BYTES
from embedlab.jobs.judging import FILE_KINDS, keep_check, keep_file
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show, shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import counted
from embedlab.workspace.rows import DatasetRow, YardstickRow
from embedlab.workspace.yardsticks import remove_yardstick, yardsticks_of

_TITLES = {"pairs": "Word pairs with scores", "analogies": "Analogies"}
_FILE_HELP = {
    "pairs": "Two words and a number per line, separated by tabs, commas or semicolons, with or without a header.",
    "analogies": "Four words per line, as in questions-words.txt: Athens Greece Oslo Norway. A line ': name' starts a "
    "section.",
}


def draw(dataset: DatasetRow) -> None:
    """Draw the checks and files kept with a dataset, and what adds more."""
    rows = yardsticks_of(resources.workspace(), dataset.id)
    st.markdown("##### Checks and test files for this dataset")
    st.caption("Saved with the dataset and used to score every later run.")
    left, right = st.columns(2, gap="large")
    with left:
        _checks(dataset, [row for row in rows if row.kind == "check"])
    with right:
        _files(dataset, [row for row in rows if row.kind in FILE_KINDS])


def _checks(dataset: DatasetRow, rows: list[YardstickRow]) -> None:
    st.markdown("**Your own checks**")
    with st.container(gap="xxsmall"):
        for row in rows:
            _listed(dataset, row, plain(row.name, LONGEST_CHECK))
    # Another key is another, empty box, once a check has been taken; one that was refused stays in its own.
    round_key = "check-round"
    key = f"new-check:{st.session_state.setdefault(round_key, 0)}"
    with st.form("add-check", border=False, clear_on_submit=False):
        text = st.text_input(
            "What do you expect?",
            max_chars=LONGEST_CHECK,
            placeholder="hotel near resort",
            key=key,
            help=f"{plain(EXAMPLES, 300)}. Near means among the {NEAR} nearest, or those within the number you give; "
            f"far means beyond the {FAR} nearest (of a small vocabulary the nearest tenth), or `beyond` your number. A "
            "name that holds one of these words goes in double quotes.",
        )
        if st.form_submit_button("Add the check", icon=":material/add:"):
            with shown_errors():
                keep_check(resources.workspace(), dataset.id, text)
                st.session_state[round_key] += 1
                st.rerun()
    if not rows:
        st.caption(f"For example: {plain(EXAMPLES, 300)}")


def _files(dataset: DatasetRow, rows: list[YardstickRow]) -> None:
    st.markdown("**Your own files**")
    with st.container(gap="xxsmall"):
        for row in rows:
            n_entries = len(row.content) if row.kind == "pairs" else sum(len(asked) for _, asked in row.content)
            noun = "pairs" if row.kind == "pairs" else "questions"
            _listed(dataset, row, f"{plain(row.name)} \u2002 {counted(n_entries, noun)}")
    kind = st.segmented_control(
        "What the file holds", list(_TITLES), format_func=lambda name: _TITLES[name], default="pairs", required=True
    )
    round_key = "yardstick-round"
    key = f"yardstick-file:{kind}:{st.session_state.setdefault(round_key, 0)}"
    largest_mb = MOST_BYTES // 1024**2
    file = st.file_uploader(_FILE_HELP[kind or "pairs"], key=key, max_upload_size=largest_mb)
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
        # Another key is another uploader: Streamlit frees the file of the old one.
        st.session_state[round_key] += 1
        st.rerun()


def _listed(dataset: DatasetRow, row: YardstickRow, text: str) -> None:
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
