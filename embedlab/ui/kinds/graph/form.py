"""Import options of a graph: columns of nodes and weight, and the direction."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from embedlab.kinds.graph.options import NO_WEIGHT, GraphOptions
from embedlab.kinds.graph.reading import EdgePlan, plan_of
from embedlab.kinds.guess import Guess
from embedlab.reading.layouts import Layout
from embedlab.ui.kinds import reading_form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.shell.plain import plain

_DETECT = "detect"
_DIRECTIONS = {_DETECT: "Detect automatically", "directed": "Directed", "undirected": "Undirected"}
_CHOSEN = {_DETECT: None, "directed": True, "undirected": False}


def draw(fields: Fields, guess: Guess, kind: str) -> GraphOptions:
    """Draw the options of a graph and return them; raises what reading the file raises."""
    plan = _plan_of(fields.upload.id, guess.member, None)
    options = GraphOptions(member=guess.member)
    if plan.options.layout != "spaces":
        found = replace(
            guess,
            layout=Layout(str(plan.options.layout)),
            delimiter=plan.options.delimiter,
            has_header=bool(plan.options.has_header),
            quoting=bool(plan.options.quoting),
            skip_lines=plan.options.skip_lines or 0,
        )
        reading = reading_form.draw(fields, found, kind, reading_form.TABLES)
        options = GraphOptions(**{name: value for name, value in reading.items() if name in GraphOptions.model_fields})
        plan = _plan_of(fields.upload.id, guess.member, options.model_dump_json(exclude_unset=True))
        st.caption(reading_form.summary(reading))
    for sentence in plan.assumptions[:2]:
        st.caption(plain(sentence, 300))
    title = reading_form.column_titles(plan.names, plan.rows, has_header=bool(plan.options.has_header))
    columns = st.columns(4, gap="small")
    with columns[0]:
        source = fields.choose("Source", "graph-source", plan.names, plan.names[plan.columns.source], title)
    with columns[1]:
        target = fields.choose("Target", "graph-target", plan.names, plan.names[plan.columns.target], title)
    with columns[2]:
        found_weight = NO_WEIGHT if plan.columns.weight is None else plan.names[plan.columns.weight]
        weight = fields.choose(
            "Weight",
            "graph-weight",
            [NO_WEIGHT, *plan.names],
            found_weight,
            lambda name: "None: every edge weighs 1" if name == NO_WEIGHT else title(name),
        )
    with columns[3]:
        direction = fields.choose("Direction", "graph-direction", list(_DIRECTIONS), _DETECT, _DIRECTIONS.__getitem__)
    return options.model_copy(
        update={"source": source, "target": target, "weight": weight, "directed": _CHOSEN[direction]}
    )


@st.cache_data(max_entries=40, show_spinner=False)
def _plan_of(upload_id: str, member: str | None, options_json: str | None) -> EdgePlan:
    options = GraphOptions(member=member) if options_json is None else GraphOptions.model_validate_json(options_json)
    return plan_of(reading_form.opened(upload_id, member), options)
