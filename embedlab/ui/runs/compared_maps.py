"""Two embeddings as linked maps, the keys that changed most, and what a key lost and gained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.evaluation.verdicts import share
from embedlab.exploration.two_embeddings import KeyChange, agreement_of, change_of_key
from embedlab.projections.registry import settings_text, title_of
from embedlab.ui.map.linked import data as linked_data
from embedlab.ui.map.linked.data import MapPair
from embedlab.ui.map.linked.maps import Picked, echo, linked_maps
from embedlab.ui.map.options import color_title
from embedlab.ui.map.trust import trust_columns
from embedlab.ui.map.view import columns_of
from embedlab.ui.runs.overlap_wording import interval_text
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link, unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.ui.widgets.wording import number
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

_MAPS, _KEY, _SIDE = "maps", "compared_key", "compared_side"
# The table below the maps has more.
_MOST_LISTED = 12
#: What colors the maps besides a column of the first embedding, as `linked_maps` names it.
_COLORS = {None: "Same neighbors", "": "One color"}


@st.fragment
def draw(first: EmbeddingRow, second: EmbeddingRow) -> None:
    """Draw both maps with their options, and beside them the picked key and the keys that changed most."""
    pair = _choose_maps(first, second)
    if pair is None:
        return
    embeddings = resources.load_embedding(first.id), resources.load_embedding(second.id)
    rows = _picked_rows(embeddings, pair)
    left, right = st.columns([2.7, 1], gap="medium")
    with left:
        color, is_linked = _options(first, second, pair)
        linked_maps(
            pair,
            titles=_titles(first, second, pair),
            n_points=(first.n_keys, second.n_keys),
            color=color,
            picked=rows[0],
            is_linked=is_linked,
            on_pick=lambda pick: _on_pick(pick, embeddings, pair),
        )
        _caption(pair)
    with right:
        if pair.is_of_one_embedding:
            _pictures(pair)
        else:
            _panel(first, second, embeddings, rows)


# The choice of maps


def _choose_maps(first: EmbeddingRow, second: EmbeddingRow) -> MapPair | None:
    offered = [resources.workspace().projections(row.id) for row in (first, second)]
    for row, maps in zip((first, second), offered, strict=True):
        if not maps:
            st.info(f"{plain(row.title or row.name)} has no map yet.", icon=":material/scatter_plot:")
            page_link("map", label="Compute its map", query=current.link(embedding=row.id))
            return None
    if first.id == second.id and len(offered[0]) < 2:
        st.info("This embedding has one map only. Compute another one to compare them.", icon=":material/scatter_plot:")
        page_link("map", label="Compute another map", query=current.link(embedding=first.id))
        return None
    return MapPair(*_chosen(offered))


def _map_choice(first: EmbeddingRow, second: EmbeddingRow, pair: MapPair) -> None:
    """Draw the choice of one map for each side."""
    slots = ("compared-map-first", "compared-map-second")
    sides = zip(slots, (first, second), pair.rows, ("First map", "Second map"), strict=True)
    with st.popover("Maps", icon=":material/scatter_plot:"):
        for slot, embedding, shown, label in sides:
            names = unique_names({row.id: _map_title(row) for row in resources.workspace().projections(embedding.id)})
            st.session_state[slot] = shown.id
            st.selectbox(
                label,
                list(names),
                format_func=_named(names),
                key=slot,
                on_change=lambda: address.write_list(_MAPS, [st.session_state[each] for each in slots]),
            )


def _named(names: Mapping[str, str]) -> Callable[[str], str]:
    return lambda row_id: names.get(row_id, row_id)


def _chosen(offered: Sequence[Sequence[ProjectionRow]]) -> tuple[ProjectionRow, ProjectionRow]:
    """Return the maps in the address; otherwise two of the same method, in 2-D and not by PCA if there are such."""
    linked = address.read_list(_MAPS, 2)
    named = [next((row for row in maps if row.id in linked[at : at + 1]), None) for at, maps in enumerate(offered)]
    if named[0] is not None and named[1] is not None:
        return named[0], named[1]
    first, second = offered
    if [row.id for row in first] == [row.id for row in second]:
        flat = [row for row in first if row.n_components == 2]
        pair = flat if len(flat) > 1 else list(first)
        return pair[0], pair[-1]
    order = sorted(first, key=lambda row: (row.n_components != 2, row.method == "pca"))
    for row in order:
        same = [each for each in second if (each.method, each.n_components) == (row.method, row.n_components)]
        if same:
            return row, same[-1]
    return first[0], second[0]


def _map_title(row: ProjectionRow) -> str:
    parts = [f"{title_of(row.method)} {row.n_components}-D", settings_text(row.method, row.parameters)]
    return ", ".join([*filter(None, parts), *([f"seed {row.seed}"] if row.seed else [])])


def _titles(first: EmbeddingRow, second: EmbeddingRow, pair: MapPair) -> tuple[str, str]:
    names = [f"{at}: {one_line(row.title or row.name, 80)}" for at, row in enumerate((first, second), 1)]
    return f"{names[0]} · {_map_title(pair.first)}", f"{names[1]} · {_map_title(pair.second)}"


def _options(first: EmbeddingRow, second: EmbeddingRow, pair: MapPair) -> tuple[str | None, bool]:
    with st.container(horizontal=True, vertical_alignment="center"):
        _map_choice(first, second, pair)
        columns = [name for name in columns_of(first.id) if name not in trust_columns.TITLES]
        titles = _COLORS | unique_names({name: f"Color: {color_title(name)}" for name in columns})
        color = st.selectbox(
            "Color",
            list(titles),
            format_func=lambda name: titles.get(name, str(name)),
            key="compared-color",
            label_visibility="collapsed",
            width=220,
        )
        is_linked = st.toggle(
            "Link views",
            value=True,
            key="compared-linked",
            disabled=pair.first.n_components != pair.second.n_components,
            help="Both maps show the same part of the picture.",
        )
    return color, bool(is_linked)


def alignment_sentence(pair: MapPair) -> str:
    """Return how the second map was aligned with the first, in one sentence."""
    found = linked_data.alignment(pair)
    if found is None:
        return "A 2-D and a 3-D map cannot be aligned: each has its own axes."
    how = "mirrored, rotated and scaled" if found.is_mirrored else "rotated and scaled"
    angle = found.angle_degrees
    if angle is not None:
        how = f"rotated by {angle:.0f}° and scaled"
    return (
        f"The second map is {how} to fit the first one (orthogonal Procrustes on the shared keys). "
        f"Fit {found.fit:.2f}: 1 is the same picture, 0 an unrelated one."
    )


def _caption(pair: MapPair) -> None:
    found = linked_data.overlap_of_maps(pair)
    gray = (
        f" Neighbors of {number(found.n_compared)} of {number(found.n_shared)} shared keys were compared; the others "
        "are gray, as are keys that the other embedding lacks."
        if found.n_compared < found.n_shared
        else " Keys that the other embedding lacks are gray."
    )
    st.caption(alignment_sentence(pair) + (gray if not pair.is_of_one_embedding else ""))


# The picked key


def _picked_rows(embeddings: tuple[Embedding, Embedding], pair: MapPair) -> tuple[int | None, int | None]:
    """Return the rows of the picked key in both embeddings; None where it is missing."""
    key = address.read(_KEY)
    side = 1 if address.read(_SIDE) == "2" else 0
    row = None if key is None else embeddings[side].key_to_index.get(key)
    if row is None:
        return None, None
    rows = linked_data.overlap_of_maps(pair).rows
    places = (rows[side] == row).nonzero()[0]
    other = int(rows[1 - side, places[0]]) if len(places) else None
    return (row, other) if side == 0 else (other, row)


def _on_pick(pick: Picked | None, embeddings: tuple[Embedding, Embedding], pair: MapPair) -> None:
    _store(None if pick is None else embeddings[pick[0]].keys[pick[1]], 0 if pick is None else pick[0])
    echo(_picked_rows(embeddings, pair)[0])


def _store(key: str | None, side: int = 0) -> None:
    address.write(_KEY, key)
    address.write(_SIDE, "2" if side and key is not None else None)


def _panel(
    first: EmbeddingRow,
    second: EmbeddingRow,
    embeddings: tuple[Embedding, Embedding],
    rows: tuple[int | None, int | None],
) -> None:
    found = linked_data.overlap_of_embeddings(first.id, second.id)
    changes = agreement_of(*embeddings, found).changes[:_MOST_LISTED]
    if rows[0] is not None and rows[1] is not None:
        change = change_of_key(*embeddings, found, rows[0])
        if change is not None:
            _key_panel(first, second, change)
    elif rows[0] is not None or rows[1] is not None:
        side = 0 if rows[0] is not None else 1
        st.markdown(f"## {plain(embeddings[side].labels[rows[side] or 0])}")
        st.caption(f"Only the {('first', 'second')[side]} embedding has this key.")
    st.markdown("## Changed most")
    bar_list(
        [(one_line(each.label, 40), each.share) for each in changes],
        list_id=f"{first.id}:{second.id}",
        on_choose=lambda at: _store(changes[at].key),
        key="compared-changes",
    )
    st.caption("The bar is the share of the nearest neighbors that are the same in both. Click a key to see it.")


def _key_panel(first: EmbeddingRow, second: EmbeddingRow, change: KeyChange) -> None:
    st.markdown(f"## {plain(change.label)}")
    st.markdown(f"**{share(change.share)}** of its nearest neighbors are the same.")
    for title, labels in (("Lost", change.lost), ("Gained", change.gained), ("In both", change.both)):
        if labels:
            st.markdown(f"**{title}:** {plain(', '.join(one_line(each, 30) for each in labels), 600)}")
    with st.container(horizontal=True):
        for label, row, key in (("first", first, change.key), ("second", second, change.other_key)):
            query = current.link(embedding=row.id, key=key)
            page_link("ask", label=f"Query the {label}", icon=":material/forum:", query=query)
            page_link("map", label=f"Map of the {label}", icon=":material/scatter_plot:", query=query)


def _pictures(pair: MapPair) -> None:
    found = linked_data.overlap_of_maps(pair)
    mean, interval = found.mean()
    st.markdown("## Two maps of one embedding")
    st.markdown(
        f"**{share(mean)}** of the {found.topn} nearest points are the same on both maps"
        f"{interval_text(interval)}. Unrelated maps share {share(found.chance)}."
    )
    st.caption(
        "The vectors are the same, so all neighbors in the original space are too. Colored by same "
        "neighbors, light points have other neighbors on the other map."
    )
