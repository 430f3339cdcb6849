"""The label that a classifier predicts for a new text, and the words that decided it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.exploration.new_things.inference import no_known_words, words_of_new_text

#: Effects are computed for this many different words of a text.
MOST_WEIGHED = 200


class ClassifiesTexts(Protocol):
    """Anything that predicts the probabilities of labels of texts."""

    @property
    def classes(self) -> Sequence[str]:
        """The labels, in the order of the predicted columns."""
        ...

    @property
    def sequence_length(self) -> int:
        """Maximum number of words that are read from a text."""
        ...

    def knows(self, word: str) -> bool:
        """Return whether a word is in the vocabulary."""
        ...

    def predict(self, documents: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
        """Return `(n_documents, n_classes)` probabilities for documents given as words."""
        ...


@dataclass(frozen=True)
class WordEffect:
    """Effect of one word on the prediction.

    Parameters
    ----------
    word
        The word.
    is_known
        Whether it is in the vocabulary; all other words are treated as one unknown word.
    without
        Probability of the predicted label if all occurrences of the word are removed.
    change
        The probability with the word minus that without it: a word above 0 supports the label.
    weight
        The same difference in log-odds. If the classifier is confident, probabilities hardly change, but the weight
        still separates strong from weak words. Its sign is that of `change`, except for rounding.
    """

    word: str
    is_known: bool
    without: float
    change: float
    weight: float


@dataclass(frozen=True)
class Classified:
    """Classification of one text.

    Parameters
    ----------
    probabilities
        All labels with their probabilities according to the model, the highest first. They are not calibrated: a
        probability of 0.99 does not mean that 99 of 100 such texts have the label.
    n_words, n_known
        Number of words in the text, and of those in the vocabulary.
    n_read
        Number of words that were read from the start of the text.
    unknown
        The different out-of-vocabulary words that were read, in the order of the text.
    effects
        The words that were read, from the strongest support for the label to the strongest evidence against it.
    n_unweighed
        Number of different words that were read but are not among `effects`.
    """

    probabilities: list[tuple[str, float]]
    n_words: int
    n_known: int
    n_read: int
    unknown: list[str]
    effects: list[WordEffect]
    n_unweighed: int

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.probabilities[0][0]

    @property
    def probability(self) -> float:
        """The probability of this label."""
        return self.probabilities[0][1]

    def strongest(self, most_each: int) -> list[WordEffect]:
        """Return the strongest words for the label, then the strongest words against it, in order."""
        supporting = [effect for effect in self.effects if effect.weight > 0][:most_each]
        return supporting + [effect for effect in self.effects if effect.weight < 0][-most_each:]


def classify_text(
    predictor: ClassifiesTexts,
    text: str,
    tokenize: Callable[[str], Sequence[str]],
    most_weighed: int = MOST_WEIGHED,
) -> Classified:
    """Return the label probabilities of a new text, and the effect of each word on the predicted label.

    Parameters
    ----------
    predictor
        The predictor of a trained classifier.
    tokenize
        The tokenizer of the dataset.
    most_weighed
        Effects are computed for this many different words, from the start of the text. One word at a time is left out
        (leave one out); all these texts are classified in one call.

    Raises
    ------
    InputError
        None of the words that are read is known, or the classifier's training diverged.
    TooLargeError
        The text is longer than `LONGEST_TEXT` characters.

    Notes
    -----
    Effects by leaving out parts of the input: Li, Monroe and Jurafsky, "Understanding Neural Networks through
    Representation Erasure", 2016.
    """
    words = words_of_new_text(text, tokenize)
    read = list(words[: predictor.sequence_length])
    different = list(dict.fromkeys(read))
    unknown = [word for word in different if not predictor.knows(word)]
    n_known = sum(predictor.knows(word) for word in words)
    if len(unknown) == len(different):
        raise _only_later_words_known(len(words), len(read)) if n_known else no_known_words(len(words))
    weighed = different[:most_weighed]
    shortened = [[word for word in read if word != left_out] for left_out in weighed]
    predicted = np.asarray(predictor.predict([read, *shortened]), np.float64)
    if not np.isfinite(predicted).all():
        raise InputError(
            "The classifier predicts NaN for this text.",
            remedy="Its training diverged: train again with a lower learning rate.",
        )
    order = np.argsort(-predicted[0], kind="stable")
    return Classified(
        [(str(predictor.classes[place]), float(predicted[0, place])) for place in order],
        len(words),
        n_known,
        len(read),
        unknown,
        _effects(weighed, set(unknown), predicted, int(order[0])),
        len(different) - len(weighed),
    )


def _only_later_words_known(n_words: int, n_read: int) -> InputError:
    return InputError(
        "The part of the text that this run reads has no known word.",
        received=f"{n_words:,} words, of which the first {n_read:,} are read",
        remedy="Remove the beginning of the text, or train with a larger sequence_length.",
    )


def _effects(
    words: Sequence[str], unknown: set[str], predicted: npt.NDArray[np.float64], label: int
) -> list[WordEffect]:
    """Return the words by their weights; row 0 of `predicted` is the whole text, followed by one row per word."""
    probabilities, log_odds = predicted[:, label], _log_odds(predicted, label)
    effects = [
        WordEffect(word, word not in unknown, float(without), float(probabilities[0] - without), float(weight))
        for word, without, weight in zip(words, probabilities[1:], log_odds[0] - log_odds[1:], strict=True)
    ]
    return sorted(effects, key=lambda effect: -effect.weight)


def _log_odds(predicted: npt.NDArray[np.float64], label: int) -> npt.NDArray[np.float64]:
    # The sum of the others keeps its precision where 1 - p loses it.
    others = np.delete(predicted, label, axis=1).sum(axis=1)
    least = np.finfo(np.float32).tiny
    odds: npt.NDArray[np.float64] = np.log(np.maximum(predicted[:, label], least)) - np.log(np.maximum(others, least))
    return odds
