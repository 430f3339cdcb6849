"""Two runs or embeddings side by side: what differs in settings, scores and neighbors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.parameters import spelled_out
from embedlab.core.plain import one_line
from embedlab.evaluation.score import Score
from embedlab.evaluation.verdicts import share
from embedlab.exploration.neighbor_overlap import NeighborOverlap
from embedlab.exploration.two_embeddings import Agreement
from embedlab.jobs.candidates import Candidate
from embedlab.jobs.two_runs import ScorePair, TwoRuns, compare_two
from embedlab.models.registry import MODELS
from embedlab.ui.map.linked import data as linked_data
from embedlab.ui.runs import candidates, compared_maps
from embedlab.ui.runs.overlap_wording import interval_text
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import counted, number

_KEYS = ("two-first", "two-second")


def draw() -> None:
    """Draw the choice of two runs or embeddings, and their comparison."""
    chosen = candidates.in_url(2)
    titles = candidates.offered(chosen, "two-search")
    if len(titles) < 2:
        empty_state("There are fewer than two embeddings to compare", "Train another one", "train")
        return
    ids = candidates.pair(chosen, titles)
    for key, row_id in zip(_KEYS, ids, strict=True):
        st.session_state[key] = row_id
    for column, key, label in zip(st.columns(2, gap="medium"), _KEYS, ("First", "Second"), strict=True):
        column.selectbox(
            label, list(titles), format_func=lambda each: titles.get(each, each), key=key, on_change=_follow
        )
    pair = chosen if len(chosen) == 2 else candidates.opened(ids)
    if len(pair) < 2:
        st.info("Choose two embeddings.", icon=":material/compare_arrows:")
        return
    with shown_errors():
        if pair[0].id == pair[1].id:
            _maps(pair)
        else:
            _result(pair, _compared(pair))


def _maps(pair: Sequence[Candidate]) -> None:
    """Draw the linked maps; of an embedding with itself, two of its maps."""
    first, second = pair[0].embedding, pair[1].embedding
    if first is not None and second is not None:
        compared_maps.draw(first, second)


def _follow() -> None:
    candidates.put_in_url([st.session_state[key] for key in _KEYS])


def _compared(pair: Sequence[Candidate]) -> TwoRuns:
    # Scores and tests of a run change; its vectors never do.
    scores = [repr(sorted(each.scores.items())) for each in pair]
    return _cached((pair[0].id, pair[1].id), tuple(scores))


@st.cache_data(max_entries=20, show_spinner="Comparing neighbors …")
def _cached(ids: tuple[str, str], scores: tuple[str, ...]) -> TwoRuns:
    del scores
    first, second = candidates.opened(ids)
    return compare_two(resources.workspace(), first, second, find=_found(first, second))


def _found(first: Candidate, second: Candidate) -> Callable[[Embedding, Embedding], NeighborOverlap] | None:
    """Return how to find the neighbors: once for the sentence, the lists and both maps."""
    if first.embedding is None or second.embedding is None:
        return None
    ids = first.embedding.id, second.embedding.id
    return lambda *_: linked_data.overlap_of_embeddings(*ids)


def _result(pair: Sequence[Candidate], result: TwoRuns) -> None:
    if result.agreement is None:
        st.info(plain(result.refusal, 300), icon=":material/info:")
    else:
        _agreement(result.agreement)
        _maps(pair)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("## Scores")
        _scores(result.scores)
    with right:
        st.markdown("## Settings that differ")
        _settings(pair, result)
    if result.agreement is not None:
        _changes(result.agreement)


def _agreement(found: Agreement) -> None:
    sample = f", {number(found.n_compared)} of them compared" if found.n_compared < found.n_shared else ""
    st.markdown(
        f"**{share(found.overlap)}** of the {found.topn} nearest neighbors are the same in both"
        f"{interval_text(found.interval)}. Unrelated "
        f"vectors share {share(found.chance)}.",
        help=f"{counted(found.n_shared, 'keys')} in common{sample}. The first has {number(found.n_first)}, the second "
        f"{number(found.n_second)}. Neighbors are searched in the original space, among the common keys only.",
    )


def _scores(scores: Sequence[ScorePair]) -> None:
    if not scores:
        st.caption("Neither has a score with enough cases.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "Score": [each.title for each in scores],
                "First": [_of(each, 0) for each in scores],
                "Second": [_of(each, 1) for each in scores],
                "Difference": [_difference(each) for each in scores],
            }
        ),
        hide_index=True,
        placeholder="",
        column_config={
            "First": st.column_config.NumberColumn(format="%.3f", width=70),
            "Second": st.column_config.NumberColumn(format="%.3f", width=70),
            "Difference": st.column_config.TextColumn(
                width=210, help="First minus second, with its 95 % interval if both were scored on the same pairs."
            ),
        },
    )
    paired = [f"{plain(each.title)}: {each.paired.n_cases:,}" for each in scores if each.paired is not None]
    if paired:
        st.caption(f"Both scored on the pairs that both know ({', '.join(paired)}).")
    for each in scores:
        if each.not_comparable:
            st.caption(f":material/block: {plain(each.title)} cannot be compared: {plain(each.not_comparable)}.")


def _of(each: ScorePair, place: int) -> float | None:
    if each.paired is not None:
        return (each.paired.first, each.paired.second)[place]
    score: Score | None = (each.first, each.second)[place]
    return None if score is None or not score.meaningful else score.value


def _difference(each: ScorePair) -> str:
    if each.difference is None:
        return ""
    if each.paired is None or each.paired.interval is None:
        return f"{each.difference:+.3f}"
    low, high = each.paired.interval
    return f"{each.difference:+.3f} ({low:+.3f} to {high:+.3f})"


def _settings(pair: Sequence[Candidate], result: TwoRuns) -> None:
    if not result.settings:
        st.caption("None: both have the same settings, or are imported vectors.")
        return
    rows = [(_title(pair, name), name, *map(_text, values)) for name, values in result.settings.items()]
    st.dataframe(
        pd.DataFrame(rows, columns=["Setting", "Name in code", "First", "Second"]), hide_index=True, placeholder=""
    )


def _title(pair: Sequence[Candidate], name: str) -> str:
    for each in pair:
        model = MODELS.get(each.run.model) if each.run is not None else None
        if model is not None and name in model.parameters_class.model_fields:
            return str(model.parameters_class.title_of(name))
    return spelled_out(name)


def _text(value: object) -> str:
    return "" if value is None else one_line(str(value), 60)


def _changes(found: Agreement) -> None:
    st.markdown("## Lost and gained neighbors")
    st.dataframe(
        pd.DataFrame(
            {
                "Key": [one_line(each.label, 40) for each in found.changes],
                "Same": [100 * each.share for each in found.changes],
                "Lost: only in the first": [_listed(each.lost) for each in found.changes],
                "Gained: only in the second": [_listed(each.gained) for each in found.changes],
            }
        ),
        hide_index=True,
        placeholder="",
        key="two-changes",
        column_config={"Same": st.column_config.NumberColumn(format="%.0f %%", width=60), "Key": {"width": 120}},
    )


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(one_line(label, 30) for label in labels)
