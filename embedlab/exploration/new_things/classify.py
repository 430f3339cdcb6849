"""What label a classifier gives a new text, and which words of the text speak for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.exploration.new_things.inference import nothing_known, words_of_new_text

#: So many different words of a text are weighed.
MOST_WEIGHED = 200


class ClassifiesTexts(Protocol):
    """Anything that knows the probabilities of the labels of texts."""

    @property
    def classes(self) -> Sequence[str]:
        """The labels, in the order of the predicted columns."""
        ...

    @property
    def sequence_length(self) -> int:
        """Words of a text that are read."""
        ...

    def knows(self, word: str) -> bool:
        """Tell whether a word is in the vocabulary."""
        ...

    def predict(self, documents: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
        """Return `(n_documents, n_classes)` probabilities of documents given as words."""
        ...


@dataclass(frozen=True)
class WordEffect:
    """How one word of a text moved the answer.

    Parameters
    ----------
    word
        The word.
    is_known
        Whether the training has learned it; all other words are read as one and the same.
    without
        Probability of the label of the whole text when the word is left out wherever it stands.
    change
        The probability with the word less that without it: above 0 the word speaks for the label.
    weight
        The same difference in log-odds. Where the classifier is sure, probabilities hardly move, and the weight still
        tells strong words from weak ones. Its sign is that of `change`, unless that is lost in rounding.
    """

    word: str
    is_known: bool
    without: float
    change: float
    weight: float


@dataclass(frozen=True)
class Classified:
    """What a classifier says of a text.

    Parameters
    ----------
    probabilities
        All labels with their probabilities, the highest first. They are the classifier's own belief and nobody has
        calibrated them: a probability of 0.99 does not say that 99 of 100 such texts have the label.
    n_words, n_known
        Words of the text, and how many of them the training has learned.
    n_read
        How many words from the beginning on were read.
    unknown
        The different words that were read and are not known, in the order of the text.
    effects
        The words that were read, from the one that speaks most for the label to the one that speaks most against it.
    n_unweighed
        Different words that were read and are not among `effects`.
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
        """How probable it is."""
        return self.probabilities[0][1]

    def strongest(self, most_each: int) -> list[WordEffect]:
        """Return the words that speak most for the label, then those that speak most against it, in order."""
        speaking_for = [effect for effect in self.effects if effect.weight > 0][:most_each]
        return speaking_for + [effect for effect in self.effects if effect.weight < 0][-most_each:]


def classify_text(
    predictor: ClassifiesTexts,
    text: str,
    tokenize: Callable[[str], Sequence[str]],
    most_weighed: int = MOST_WEIGHED,
) -> Classified:
    """Return the labels of a new text by their probabilities, and what each of its words does to the first.

    Parameters
    ----------
    predictor
        Of a trained classifier.
    tokenize
        That of the dataset: a new text is taken apart as its documents were.
    most_weighed
        Of so many different words, the first of the text, it is told how they moved the answer. One word at a time is
        left out and the others close up (leave one out); all these texts are classified in one call.

    Raises
    ------
    InputError
        None of the words that are read is known, or the classifier's training diverged.
    TooLargeError
        The text is longer than `LONGEST_TEXT` characters.

    Notes
    -----
    Leaving parts of an input out to see what they do: Li, Monroe and Jurafsky, "Understanding Neural Networks through
    Representation Erasure", 2016.
    """
    words = words_of_new_text(text, tokenize)
    read = list(words[: predictor.sequence_length])
    different = list(dict.fromkeys(read))
    unknown = [word for word in different if not predictor.knows(word)]
    n_known = sum(predictor.knows(word) for word in words)
    if len(unknown) == len(different):
        raise _only_later_words_known(len(words), len(read)) if n_known else nothing_known(len(words))
    weighed = different[:most_weighed]
    shortened = [[word for word in read if word != left_out] for left_out in weighed]
    predicted = np.asarray(predictor.predict([read, *shortened]), np.float64)
    if not np.isfinite(predicted).all():
        raise InputError(
            "The classifier gives NaN for this text.",
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
        "No known word is among those that this run reads.",
        received=f"{n_words:,} words, of which the first {n_read:,} are read",
        remedy="Leave out the beginning of the text, or train a run with a larger sequence_length.",
    )


def _effects(
    words: Sequence[str], unknown: set[str], predicted: npt.NDArray[np.float64], label: int
) -> list[WordEffect]:
    """Return the words by their weights; row 0 of `predicted` is the whole text, then comes a row for each word."""
    probabilities, log_odds = predicted[:, label], _log_odds(predicted, label)
    effects = [
        WordEffect(word, word not in unknown, float(without), float(probabilities[0] - without), float(weight))
        for word, without, weight in zip(words, probabilities[1:], log_odds[0] - log_odds[1:], strict=True)
    ]
    return sorted(effects, key=lambda effect: -effect.weight)


def _log_odds(predicted: npt.NDArray[np.float64], label: int) -> npt.NDArray[np.float64]:
    # The others' sum keeps its digits where 1 - p has none left.
    others = np.delete(predicted, label, axis=1).sum(axis=1)
    least = np.finfo(np.float32).tiny
    odds: npt.NDArray[np.float64] = np.log(np.maximum(predicted[:, label], least)) - np.log(np.maximum(others, least))
    return odds
