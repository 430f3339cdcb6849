"""Association tests (WEAT): whether these keys are closer to some attributes than other keys are."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.roles import role
from embedlab.exploration.asking.bias import FEWEST_KEYS, BiasTest, Group, bias_test, own_list, published_bias_test
from embedlab.exploration.asking.bias_lists import PUBLISHED, PublishedTest, WordList
from embedlab.ui.ask.questions import show_neighbors
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_columns, answer_list
from embedlab.ui.widgets.keys.keys_box import parts
from embedlab.ui.widgets.min_count import read_rarity
from embedlab.workspace.rows import EmbeddingRow

_TEST, _OWN = "association", "own"
_LISTS = ("Targets 1", "Targets 2", "Attributes 1", "Attributes 2")
_MOST_CHARACTERS = 5_000
_MOST_MISSING = 30
#: Below this p, chance is an unlikely explanation; the usual convention.
_RARE = 0.05


@st.fragment
def ask_bias(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the choice of a test, its result, and what the result means."""
    address.follow()
    names = [*(PUBLISHED if role(row.name).english else ()), _OWN]
    chosen = _choice(names)
    try:
        test = published_bias_test(embedding, chosen) if chosen != _OWN else _own_test(row, embedding)
    except InputError as error:
        show(error)
        return
    if test is not None:
        _result(row, embedding, test, PUBLISHED.get(chosen))


def _choice(names: Sequence[str]) -> str:
    from_url = address.read(_TEST) or ""
    chosen = from_url if from_url in names else names[0]
    if len(names) > 1:
        key = "bias-test"
        st.session_state[key] = chosen
        st.selectbox(
            "Which association?",
            names,
            format_func=_title,
            key=key,
            on_change=lambda: address.write(_TEST, st.session_state[key]),
        )
    return chosen


def _title(name: str) -> str:
    if name == _OWN:
        return "Own lists"
    return f"{PUBLISHED[name].title}{' (check)' if PUBLISHED[name].is_check else ''}"


def _own_test(row: EmbeddingRow, embedding: Embedding) -> BiasTest | None:
    nouns = wording.noun(row.name, 2)
    st.caption(
        f"Are the {nouns} of targets 1 closer to attributes 1, and those of targets 2 closer to attributes 2? Enter at "
        f"least {FEWEST_KEYS} {nouns} in each list, separated by commas or one per line."
    )
    lists: list[WordList] = []
    for pair in (_LISTS[:2], _LISTS[2:]):
        for title, column in zip(pair, st.columns(2, gap="medium"), strict=True):
            with column:
                text = st.text_area(
                    title,
                    key=f"bias-{title}",
                    persist_state="session",
                    height=90,
                    max_chars=_MOST_CHARACTERS,
                    placeholder=f"{nouns.capitalize()}, then Ctrl+Enter",
                )
            words = [part for line in text.splitlines() for part in parts(embedding, line)]
            if words:
                lists.append(own_list(title.lower(), words))
    return bias_test(embedding, *lists) if len(lists) == len(_LISTS) else None


def _result(row: EmbeddingRow, embedding: Embedding, test: BiasTest, published: PublishedTest | None) -> None:
    result = test.result
    st.markdown(f"## {verdict(test)}")
    list_column, details_column = answer_columns()
    with list_column:
        first = set(test.first_targets.keys)
        reach = max(abs(each.score) for each in test.of_targets)
        answer_list(
            embedding,
            test.of_targets,
            name=wording.noun(row.name).capitalize(),
            slot=f"bias-{row.id}-{hash(tuple(group.keys for group in test.groups))}",
            on_pick=show_neighbors,
            score="Association",
            scale=(-reach, reach),
            score_format="%.3f",
            rarity=read_rarity(row.name, embedding),
            more={
                "List": [
                    (test.first_targets if each.key in first else test.second_targets).title for each in test.of_targets
                ]
            },
        )
    with details_column:
        with st.container(border=True):
            st.metric("Effect size d", f"{result.effect_size:.2f}")
            st.metric("One-sided p", f"{result.p_value:.2g}")
            how = f"all {result.n_divisions:,}" if result.is_exact else f"{result.n_divisions:,} random"
            st.caption(
                f"d is the difference of the two means in standard deviations, from about -2 to 2. p is the share of "
                f"{how} divisions of these {wording.noun(row.name, 2)} into two groups that give at least as much."
            )
            if published is not None:
                st.caption(
                    f"Published for GloVe vectors of 840 billion words: d = {published.published_effect_size:.2f}. "
                    f"{plain(published.source)}"
                )
        _missing(test.groups)
    with st.container(border=True):
        st.markdown("**What this shows, and what it does not**")
        st.markdown(_meaning(test, published))


def verdict(test: BiasTest) -> str:
    """Return the result in a sentence, as Markdown."""
    (x, y, a, b), result = [plain(group.title, 60) for group in test.groups], test.result
    if result.p_value < _RARE:
        return f"{_capital(x)} are closer to {a}, and {y} to {b}, than chance explains."
    if 1 - result.p_value < _RARE:
        return f"The opposite: {x} are closer to {b}, and {y} to {a}."
    return f"No clear difference between {x} and {y}: chance alone often gives this much."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _meaning(test: BiasTest, published: PublishedTest | None) -> str:
    n_targets = len(test.first_targets.keys) + len(test.second_targets.keys)
    sentences = [
        "It shows how these vectors associate these lists, which is mostly how the training data uses them.",
        "It does not show what is true, what any person thinks, or how an application of the vectors will behave.",
        "Other lists for the same ideas can give another result.",
        f"With {n_targets} targets only large effects are visible: no clear difference does not mean no association.",
    ]
    if published is not None and published.is_check:
        sentences.append(
            "This test is a check: good vectors of English show it. If yours do not, do not trust the others either."
        )
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _missing(groups: Sequence[Group]) -> None:
    words = [word for group in groups for word in group.missing]
    if not words:
        return
    with st.expander(f"{len(words)} not in the vocabulary, left out", key="expander-bias-missing"):
        more = f" and {len(words) - _MOST_MISSING} more" if len(words) > _MOST_MISSING else ""
        st.caption(plain(", ".join(words[:_MOST_MISSING]), 1_000) + more)
