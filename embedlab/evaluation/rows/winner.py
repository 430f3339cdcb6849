"""Which model predicts a target best, and why: what words, rare words, curves and combinations contribute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.rows.baselines import BOOSTING, CONSTANT, LINEAR, WITHOUT_RARE_WORDS, WITHOUT_TEXTS, Baselines
from embedlab.evaluation.rows.design import RARE_SHARE
from embedlab.evaluation.rows.scoring import compare_predictions

Numbers = npt.NDArray[np.float64]
OWN: Final = "own"
NAMES: Final = {OWN: "This model", LINEAR: "The linear model", BOOSTING: "Gradient boosting"}
#: The simpler one first: it is preferred on a tie.
_RIVALS: Final = (LINEAR, BOOSTING)
#: A part of the lead of a model explains it if it is at least this share of it.
_MOST_OF_IT: Final = 0.5


def find_winner(truth: Numbers, own: Numbers, baselines: Baselines, *, is_classifier: bool) -> dict[str, Any]:
    """Return the best model on the test part, with the evidence for the reason.

    Parameters
    ----------
    truth, own
        `(n,)` true and predicted targets on the scale on which models predict, or codes of classes.
    baselines
        Their predictions of the same rows.

    Returns
    -------
    `name` (`own` or a baseline), `score` (`r2` or `accuracy`), `values` of all, `lead` over the run, or of the run over
    the best baseline, with its interval; `constant`, `texts`, `rare_words` and `curves`, each
    `{"without", "with", "difference"}`: a constant and the best model, the linear model with and without texts, or rare
    words, and boosting after the linear model on the same columns; `n_known`, `n_words`, `n_rare_words`; and `why`, a
    sentence or two. Empty without a linear model.
    """
    predictions = baselines.predictions
    if LINEAR not in predictions:
        return {}
    candidates = {OWN: own, **{name: predictions[name] for name in _RIVALS if name in predictions}}

    def change(first: Numbers, second: Numbers) -> dict[str, Any]:
        without, with_it, difference = compare_predictions(truth, first, second, is_classifier=is_classifier)
        return {"without": without, "with": with_it, "difference": difference}

    values = {name: change(own, each)["with"] for name, each in candidates.items()}
    # On a tie, the simpler model.
    name = max((each for each in (*_RIVALS, OWN) if each in values), key=lambda each: values[each])
    rival = _best_rival(values) if name == OWN else OWN
    found: dict[str, Any] = {
        "name": name,
        "score": "accuracy" if is_classifier else "r2",
        "values": values,
        "lead": change(candidates[rival], candidates[name])["difference"],
        "n_known": baselines.n_known,
        "n_words": baselines.n_words,
        "n_rare_words": baselines.n_rare_words,
    }
    if CONSTANT in predictions:
        found["constant"] = change(predictions[CONSTANT], candidates[name])
    if BOOSTING in predictions:
        found["curves"] = change(baselines.reduced.get(WITHOUT_TEXTS, predictions[LINEAR]), predictions[BOOSTING])
    for title, reduced in (("texts", WITHOUT_TEXTS), ("rare_words", WITHOUT_RARE_WORDS)):
        if reduced in baselines.reduced:
            found[title] = change(baselines.reduced[reduced], predictions[LINEAR])
    return {**found, "why": why_it_wins(found)}


def why_it_wins(found: Mapping[str, Any]) -> str:
    """Return which model wins and why, in one to three sentences, from the evidence of `find_winner`."""
    name, values = found["name"], found["values"]
    title = _title(found)
    # What an older run stored has no comparison with a constant.
    constant = found.get("constant")
    if constant and constant["difference"].get("low") is not None and not _matters(constant["difference"]):
        return (
            f"No model is clearly better than a constant ({title} {_text(constant['without'])}): the columns say "
            "little or nothing about the target, or there are too few rows to learn it."
        )
    rival = OWN if name != OWN else _best_rival(values)
    if values[name] == values[rival]:
        best = f"{NAMES[name]} is as good as this model ({title} {_text(values[name])})"
        return " ".join([f"{best}, and simpler." if name == LINEAR else f"{best}.", *_evidence(found)])
    if not _matters(found["lead"]):
        ordered = sorted(values, key=lambda each: -values[each])
        listed = [f"{_text(values[each])} for {_inside(each)}" for each in ordered]
        said = f"No model clearly wins: {title} {', '.join(listed[:-1])} and {listed[-1]}."
        return " ".join([said, *_evidence(found)])
    said = f"{title} {_text(values[name])} to {_text(values[rival])}"
    reason = {LINEAR: _why_linear, BOOSTING: _why_boosting, OWN: _why_own}[name](found)
    return f"{NAMES[name]} wins ({said}). {reason}".strip()


def _why_linear(found: Mapping[str, Any]) -> str:
    texts, rare, curves = found.get("texts"), found.get("rare_words"), found.get("curves")
    if not texts or not _matters(texts["difference"]):
        if not curves or _matters(curves["difference"]):
            return ""
        return (
            "The effects of the columns add up: gradient boosting, which also learns curves and combinations, is not "
            f"better on the same columns ({_text(curves['with'])} to {_text(curves['without'])})."
        )
    gain = f"The words of the texts raise it from {_text(texts['without'])} to {_text(texts['with'])}"
    if rare and _matters(rare["difference"]) and _explains(rare, found):
        return (
            f"{gain}, and its lead comes from rare words: without the {found['n_rare_words']:,} of "
            f"{found['n_words']:,} words that fewer than {RARE_SHARE:.0%} of the rows have, it reaches "
            f"{_text(rare['without'])}. It learns one weight per word, for which {found['n_known']:,} rows are enough; "
            "an embedding has to learn a whole vector for each word."
        )
    return (
        f"{gain}: it learns one weight for each of {found['n_words']:,} words, for which {found['n_known']:,} rows are "
        "enough; an embedding has to learn a whole vector for each word."
    )


def _why_boosting(found: Mapping[str, Any]) -> str:
    texts, curves = found.get("texts"), found["curves"]
    without_texts = ", without the texts" if texts else ""
    if not _matters(curves["difference"]):
        return ""
    return (
        "The effects of the columns do not just add up: gradient boosting also learns curves and combinations of "
        f"columns, and reaches {_text(curves['with'])} where the linear model reaches {_text(curves['without'])} with "
        f"the same columns{without_texts}."
    )


def _why_own(found: Mapping[str, Any]) -> str:
    texts, curves = found.get("texts"), found.get("curves")
    parts = []
    if curves and _matters(curves["difference"]):
        parts.append(
            "The effects of the columns do not just add up: gradient boosting, too, is better than the linear model "
            f"with the same columns ({_text(curves['with'])} to {_text(curves['without'])})."
        )
    if curves and texts and _matters(texts["difference"]):
        parts.append(
            f"The texts, which gradient boosting does not get, help: they raise the linear model from "
            f"{_text(texts['without'])} to {_text(texts['with'])}."
        )
    return " ".join(parts)


def _evidence(found: Mapping[str, Any]) -> list[str]:
    """Return what words, and curves and combinations, contribute."""
    texts, curves, said = found.get("texts"), found.get("curves"), []
    if texts and _matters(texts["difference"]):
        said.append(
            f"The words of the texts raise the linear model from {_text(texts['without'])} to {_text(texts['with'])}."
        )
    if curves and _matters(curves["difference"]):
        title = _title(found)
        columns = "the same columns, without the texts," if texts else "the same columns"
        said.append(
            f"Curves and combinations of columns, which gradient boosting learns, raise {title} on {columns} from "
            f"{_text(curves['without'])} to {_text(curves['with'])}."
        )
    return said


def _title(found: Mapping[str, Any]) -> str:
    return "accuracy" if found["score"] == "accuracy" else "R\u00b2"


def _inside(name: str) -> str:
    return NAMES[name][0].lower() + NAMES[name][1:]


def _best_rival(values: Mapping[str, float]) -> str:
    return max((name for name in _RIVALS if name in values), key=lambda each: values[each])


def _explains(change: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return float(change["difference"]["value"]) >= _MOST_OF_IT * float(found["lead"]["value"])


def _matters(difference: Mapping[str, Any]) -> bool:
    """Return whether the interval of a difference is above 0; with too few rows for one, False."""
    low = difference.get("low")
    return low is not None and float(low) > 0


def _text(value: float) -> str:
    # No minus sign before zeros.
    return f"{round(value, 3) + 0.0:.3f}"
