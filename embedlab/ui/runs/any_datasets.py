"""Scores of runs and imported vectors of any datasets in one table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.jobs.candidates import MOST_CANDIDATES, Candidate, TableColumn, score_table
from embedlab.ui.runs import candidates
from embedlab.ui.shell.frame import empty_state, unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import views
from embedlab.ui.widgets.figures import TINT, theme

_WIDGET = "any-datasets"
_FIRST = 5


def draw() -> None:
    """Draw the choice of embeddings, and the table of their scores."""
    chosen = candidates.in_url(MOST_CANDIDATES)
    titles = candidates.offered(chosen, "any-search")
    if not titles:
        empty_state("There is no embedding yet", "Start with a sample", "start")
        return
    ids = [each.id for each in chosen] or candidates.newest_evaluated(_FIRST)
    st.session_state[_WIDGET] = ids
    st.multiselect(
        "Runs and embeddings of any dataset",
        list(titles),
        format_func=lambda each: titles.get(each, each),
        key=_WIDGET,
        max_selections=MOST_CANDIDATES,
        select_all=False,
        on_change=lambda: candidates.put_in_url(st.session_state[_WIDGET]),
    )
    listed = chosen or candidates.opened(ids)
    columns = score_table(listed)
    if not columns:
        st.info("None of them has a score with enough cases. Evaluate them first.", icon=":material/fact_check:")
        return
    _table(listed, columns)
    if len(listed) == 2 and st.button("Compare these two", icon=":material/compare_arrows:", key="compare-these"):
        candidates.put_in_url([each.id for each in listed])
        views.go("two")
        st.rerun()


def _table(listed: list[Candidate], columns: dict[str, TableColumn]) -> None:
    headings = unique_names({name: column.title for name, column in columns.items()})
    table = pd.DataFrame(
        {
            "Embedding": [one_line(each.title, 80) for each in listed],
            "Dataset": ["" if each.dataset is None else one_line(each.dataset.name, 60) for each in listed],
        }
        | {headings[name]: [_cell(column, place) for place in range(len(listed))] for name, column in columns.items()}
    )
    best = {headings[name]: column.best for name, column in columns.items()}

    def highlight(column: pd.Series) -> list[str]:
        places = best.get(str(column.name), frozenset())
        return [f"background-color: {TINT[theme()]}" if place in places else "" for place in range(len(column))]

    st.dataframe(table.style.apply(highlight, axis=0), hide_index=True, key="any-table", placeholder="")
    st.caption("The best value in each column is highlighted if all its values can be compared.")
    for column in columns.values():
        reasons = sorted({note for note in column.notes if note})
        if reasons:
            st.caption(
                f":material/block: {plain(column.title)}: values marked \u2260 cannot be compared with the first "
                f"({plain(', '.join(reasons))}), so this column is not ranked."
            )


def _cell(column: TableColumn, place: int) -> str:
    score = column.scores[place]
    if score is None or score.value is None:
        return ""
    return f"{score.value:.3f} \u2260" if column.notes[place] else f"{score.value:.3f}"
