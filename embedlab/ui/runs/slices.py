"""Several embeddings in order, such as years: how far neighbors change, and the path of one key."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.evaluation.verdicts import share
from embedlab.exploration.slices import MOST_SLICES, KeyPath, Slices, compare_slices, path_of_key
from embedlab.figures.slices import slice_paths
from embedlab.jobs.candidates import Candidate
from embedlab.ui.runs import candidates
from embedlab.ui.runs.overlap_wording import interval_text
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.frame import empty_state, unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.ui.widgets.figures import show, theme
from embedlab.ui.widgets.keys.key_box import Choice, key_box
from embedlab.ui.widgets.wording import number

_WIDGET = "slices"
_KEY = "compared_key"
_LONGEST_TICK = 22


def draw() -> None:
    """Draw the choice of embeddings in their order, and their comparison."""
    chosen = candidates.in_url(MOST_SLICES)
    titles = candidates.offered(chosen, "slices-search")
    if len(titles) < 2:
        empty_state("There are fewer than two embeddings to compare", "Train another one", "train")
        return
    st.session_state[_WIDGET] = [each.id for each in chosen]
    st.multiselect(
        "Embeddings, in the order of their comparison",
        list(titles),
        format_func=lambda each: titles.get(each, each),
        key=_WIDGET,
        max_selections=MOST_SLICES,
        select_all=False,
        placeholder="Choose the first, then the next: years, epochs, versions",
        on_change=lambda: candidates.put_in_url(st.session_state[_WIDGET]),
    )
    embedded = [each for each in chosen if each.embedding is not None]
    if len(embedded) < 2:
        st.info("Choose at least two embeddings, the earliest first.", icon=":material/timeline:")
        return
    with shown_errors():
        _result(embedded)


def _result(chosen: Sequence[Candidate]) -> None:
    ids = [each.embedding.id for each in chosen if each.embedding is not None]
    embeddings = [resources.load_embedding(each) for each in ids]
    slices = resources.open_cached(
        "slices", ":".join(ids), lambda: compare_slices(embeddings), spinner="Comparing neighbors"
    )
    found, (last, interval) = slices.overlap, slices.means()[-1]
    sample = f", {number(found.n_compared)} of them compared" if found.n_compared < found.n_shared else ""
    st.markdown(
        f"**{share(last)}** of the {found.topn} nearest neighbors in the last embedding are those of the first"
        f"{interval_text(interval)}. Unrelated vectors share {share(found.chance)}.",
        help=f"{number(found.n_shared)} keys are in all of them{sample}. Neighbors are searched in the original space, "
        "among these keys only.",
    )
    names = _ticks(chosen)
    left, right = st.columns([1, 2], gap="large")
    with left:
        _most_changed(slices, embeddings[0], ids)
    with right:
        path = _picked_path(slices, embeddings)
        figure = slice_paths(
            names,
            [mean for mean, _ in slices.means()],
            found.chance,
            paths=[]
            if path is None
            else [
                (f"{one_line(path.label, 30)}, as in the first", path.to_first),
                (f"{one_line(path.label, 30)}, as in the one before", path.to_previous),
            ],
            theme=theme(),
        )
        show(figure, key="slice-paths", alt="Share of equal neighbors in every embedding")
        if path is not None:
            _path_table(names, path)


def _ticks(chosen: Sequence[Candidate]) -> list[str]:
    # The place distinguishes equal titles.
    titles = [f"{at} {one_line(each.title, _LONGEST_TICK)}" for at, each in enumerate(chosen, 1)]
    return list(unique_names(dict(zip(map(str, range(len(titles))), titles, strict=True))).values())


def _most_changed(slices: Slices, first: Embedding, ids: Sequence[str]) -> None:
    st.markdown("## Changed most")
    places = slices.most_changed()
    rows = [int(slices.overlap.rows[0, slices.overlap.queries[place]]) for place in places]
    bar_list(
        [
            (one_line(first.labels[row], 40), float(slices.to_first[-1, place]))
            for row, place in zip(rows, places, strict=True)
        ],
        list_id=":".join(ids),
        on_choose=lambda at: address.write(_KEY, first.keys[rows[at]]),
        key="slices-changes",
    )
    st.caption("The bar is the share of neighbors in the last embedding that are those of the first.")


def _picked_path(slices: Slices, embeddings: Sequence[Embedding]) -> KeyPath | None:
    choice = Choice(lambda: address.read(_KEY), lambda key: address.write(_KEY, key))
    key = key_box(embeddings[0], "Follow one key", choice, slot="slices-key", placeholder="A key", narrow=True)
    if key is None:
        return None
    path = path_of_key(embeddings, slices, embeddings[0].index(key))
    if path is None:
        st.info(f"Not all embeddings have **{plain(embeddings[0].label(key), 60)}**.", icon=":material/search_off:")
    return path


def _path_table(names: Sequence[str], path: KeyPath) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Embedding": names,
                "As in the first": [100 * each for each in path.to_first],
                "As before": [100 * each for each in path.to_previous],
                "Nearest neighbors": [", ".join(one_line(each, 30) for each in near) for near in path.neighbors],
            }
        ),
        hide_index=True,
        key="slices-path",
        column_config={
            "As in the first": st.column_config.NumberColumn(format="%.0f %%", width=100),
            "As before": st.column_config.NumberColumn(format="%.0f %%", width=80),
        },
        alt=f"Neighbors of {one_line(path.label, 60)} in every embedding",
    )
