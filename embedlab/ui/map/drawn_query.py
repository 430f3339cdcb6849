"""The query drawn on the map: its address, its data for the browser, and its panel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.exploration.asking.drawing import KINDS, PERSON, TEXT, Drawing, MapQuery, draw_query
from embedlab.exploration.asking.several_keys import MOST_KEYS
from embedlab.exploration.new_things.inference import text_vector
from embedlab.exploration.new_things.own_ratings import from_address
from embedlab.models.contract.abilities import PlacesText
from embedlab.ui.map import unknown_words
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import one_line, plain
from embedlab.ui.widgets import address, new_texts
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.ui.widgets.map_link import DRAW, OF, WEIGHT
from embedlab.ui.widgets.min_count import Rarity, counts_text
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

_N_ANSWERS = 10
_LARGEST_WEIGHT = 1000.0


def read() -> MapQuery | None:
    """Return the query in the address; None if there is none."""
    kind = address.read(DRAW)
    texts = address.read_list(OF, MOST_KEYS)
    weights = address.read_list(WEIGHT, MOST_KEYS)
    if kind is None or kind not in KINDS or not texts:
        return None
    if kind in ("analogy", TEXT):
        return MapQuery(kind, expression=texts[0])
    weighted = kind in ("mean", PERSON)
    return MapQuery(kind, keys=tuple(texts), weights=_weights(weights, len(texts)) if weighted else None)


def _weights(texts: Sequence[str], n_keys: int) -> tuple[float, ...] | None:
    """Return one weight per key; None if they do not fit."""
    try:
        weights = tuple(float(text) for text in texts)
    except ValueError:
        return None
    fits = len(weights) == n_keys and all(abs(weight) <= _LARGEST_WEIGHT for weight in weights)
    return weights if fits else None


def clear() -> None:
    """Remove the query. Call it in a callback."""
    address.write(DRAW, None)
    address.write_list(OF, [])
    address.write_list(WEIGHT, [])


def draw(query: MapQuery, embedding: Embedding, projection: ProjectionRow, min_count: int) -> Drawing:
    """Return the drawing of a query on a map; raises as `draw_query` does."""
    coordinates = resources.workspace().coordinates(projection.id)
    placer = unknown_words.open_placer(projection.id)
    vector = _vector(query, projection) if query.needs_vector else None
    return draw_query(query, embedding, coordinates, placer, _N_ANSWERS, min_count, vector)


def _vector(query: MapQuery, projection: ProjectionRow) -> npt.NDArray[np.float32] | None:
    """Return the vector of a text, or of somebody with these ratings; None if the run has no such vectors."""
    row = resources.workspace().embedding(projection.embedding_id)
    if row.run_id is None:
        return None
    return _vector_of_text(row, query.expression) if query.kind == TEXT else _vector_of_person(row.run_id, query)


def _vector_of_text(row: EmbeddingRow, text: str) -> npt.NDArray[np.float32] | None:
    if row.name != PlacesText.role or not new_texts.can_place_texts(row):
        return None
    inference, dataset = new_texts.text_inference(str(row.run_id))
    return text_vector(inference, text, dataset.tokenize)


def _vector_of_person(run_id: str, query: MapQuery) -> npt.NDArray[np.float32] | None:
    recommender = resources.open_recommender(run_id)
    texts = [f"{rating:g}:{key}" for key, rating in zip(query.keys, query.weights or (), strict=False)]
    own, _ = from_address(texts, recommender.catalog, recommender.rating_scale)
    return recommender.fold_in(own).vector if len(own) else None


def as_data(query: MapQuery, drawing: Drawing, embedding: Embedding, projection_id: str) -> dict[str, Any]:
    """Return a drawing as data for the browser; the id changes with everything that is drawn."""
    place = drawing.place
    data: dict[str, Any] = {
        "kind": query.kind,
        "title": one_line(drawing.title, 200),
        "rows": list(drawing.rows),
        "lines": [list(line) for line in drawing.lines],
        "answers": [
            [embedding.index(answer.key), one_line(answer.label, 60), round(float(answer.score), 6)]
            for answer in drawing.answers
        ],
        "at": None if place is None else [float(value) for value in place.coordinates],
        "name": one_line(drawing.name, 60),
    }
    digest = hashlib.sha256(json.dumps([projection_id, data]).encode(errors="replace")).hexdigest()[:12]
    return {"id": digest, **data}


def placement_text(drawing: Drawing, embedding: Embedding) -> str:
    """Return what the computed point is and how far its position can be trusted; empty if there is none."""
    if not any(line.stroke != "pair" for line in drawing.lines):
        return ""
    if drawing.place is None:
        return "This map cannot place the computed point."
    if drawing.place.how == "exact":
        exact = "The diamond is the computed point at its exact position."
        found = any(embedding.index(answer.key) not in drawing.rows for answer in drawing.answers)
        searched = "The answers are the nearest by direction, so the nearest point on the map may be another one."
        return f"{exact} {searched}" if found else exact
    return "The diamond is the computed point, placed among its nearest neighbors: only an estimate on this map."


def panel(row: EmbeddingRow, embedding: Embedding, query: MapQuery, drawing: Drawing, rarity: Rarity) -> None:
    """Draw the query in words, its answers, and links."""
    st.markdown(f"## {plain(drawing.title, 200)}")
    if drawing.answers and query.kind != "odd":
        st.markdown("**Answers by cosine similarity**")
        muted = rarity.muted(embedding, drawing.answers)
        bar_list(
            [(wording.display_name(embedding, each.key, 60), float(each.score)) for each in drawing.answers],
            list_id=f"{row.id}:{hash(query)}:{rarity.min_count}",
            on_choose=lambda at: current.put("key", drawing.answers[at].key),
            key="map:answers",
            notes=counts_text(embedding, drawing.answers, rarity.what),
            muted=muted,
        )
        if sentence := rarity.sentence(sum(muted)):
            st.caption(sentence)
    if text := placement_text(drawing, embedding):
        st.caption(text)
    _links(row, query)


def failure(query: MapQuery, error: EmbedLabError) -> None:
    """Say why the query cannot be drawn."""
    st.markdown(f"## {plain(query.expression or ', '.join(query.keys), 200)}")
    received = f" {error.received}" if error.received else ""
    st.caption(plain(f"{error.what}{received} {error.remedy or ''}", 300))
    st.button("Clear query", icon=":material/close:", on_click=clear)


def _links(row: EmbeddingRow, query: MapQuery) -> None:
    parameters: dict[str, Any] = dict(current.link(embedding=row.id))
    match query.kind:
        case "analogy":
            parameters |= {"view": "analogy", "q": query.expression}
        case kind if kind == TEXT:
            parameters |= {"view": "text"}
        case "pair":
            parameters |= {"view": "similarity", "key": query.keys[0], "other": query.keys[-1]}
        case kind if kind == PERSON:
            weights = query.weights or (1.0,) * len(query.keys)
            rated = [f"{rating:g}:{key}" for key, rating in zip(query.keys, weights, strict=True)]
            parameters |= {"view": "you", "rated": rated}
        case kind:
            parameters |= {"view": "odd" if kind == "odd" else "together", "keys": list(query.keys)}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if query.kind == PERSON:
            page_link("recommend", label="Open recommendations", query=parameters)
        else:
            page_link("ask", label="Open query", query=parameters)
        st.button("Clear query", icon=":material/close:", type="tertiary", on_click=clear)
