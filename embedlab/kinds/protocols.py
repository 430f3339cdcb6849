"""Evaluation protocols: how a dataset is split into training, validation and test parts.

The protocol belongs to the dataset and has its own seed. Runs can be compared only if they were evaluated with the same
protocol, and an embedding that was trained on the test part of a protocol must not start a run evaluated with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, Self, get_args

from embedlab.core.errors import InputError, ParameterError

SMALLEST_SHARE = 0.01
LARGEST_SHARE = 0.5
LARGEST_SEED = 2**31 - 1
#: At least a tenth of the cases is for training.
_MOST_HELD_OUT = 0.9

ProtocolName = Literal["random", "published", "leave-last", "time-cut", "unseen-users", "whole-groups"]
PROTOCOL_NAMES: Final[tuple[ProtocolName, ...]] = get_args(ProtocolName)
#: Which shares a protocol draws; the others are 0.
_DRAWN: Final[Mapping[str, tuple[str, ...]]] = {
    "random": ("validation_share", "test_share"),
    "published": ("validation_share",),
    "leave-last": (),
    "time-cut": ("validation_share", "test_share"),
    "unseen-users": ("validation_share", "test_share"),
    "whole-groups": ("validation_share", "test_share"),
}
#: Protocols whose parts follow from the data alone.
_WITHOUT_CHANCE: Final = ("leave-last", "time-cut")
#: Share of the ratings of a held-out user that is given to the model.
HISTORY_SHARE: Final = 0.8
#: Fields that are stored only if they differ from the default, so that earlier versions read what they wrote.
_LATER: Final[Mapping[str, float | None]] = {"history_share": HISTORY_SHARE, "positive_from": None}

#: Names for people.
PROTOCOL_TITLES: Final[Mapping[str, str]] = {
    "random": "Random split",
    "published": "Published test part",
    "leave-last": "Leave last out",
    "time-cut": "Time cut",
    "unseen-users": "Unseen users (strong generalization)",
    "whole-groups": "Whole groups (zero-shot)",
}
_EXPLANATIONS: Final[Mapping[str, str]] = {
    "random": "Measures how well held-out cases are predicted from cases like them. Where cases have times, the future "
    "leaks in: a model learns from cases that are newer than those it is tested on.",
    "published": "Measures what others who used this test part measured. Whether the future leaks in depends on how "
    "it was drawn.",
    "leave-last": "Measures whether the next choice of a known user is predicted. The future still leaks in: other "
    "users' newer ratings are in the training part.",
    "time-cut": "Measures what happens when a model trained today is used tomorrow. Nothing leaks in from the future, "
    "but new users and items have no ratings in training.",
    "unseen-users": "Measures recommendations for new users, of whom only some ratings are given and none is trained "
    "on (strong generalization). Random in time: the future leaks in.",
    "whole-groups": "Measures predictions for groups of which no case is in training (zero-shot). Nothing of a "
    "held-out group leaks in.",
}


@dataclass(frozen=True)
class Protocol:
    """How a dataset is split into training, validation and test parts.

    Parameters
    ----------
    name
        `random`: the test part is drawn at random; `published`: the dataset has its own test part, and only the
        validation part is drawn; `leave-last`: the last rating of each user is for the test, the one before for
        validation; `time-cut`: the newest ratings of all users are for the test, those before for validation;
        `unseen-users`: whole users are held out, and a part of their ratings is given (strong generalization);
        `whole-groups`: whole groups of cases are held out (zero-shot).
    seed
        Of the split alone. The seed of a model never changes the parts.
    validation_share, test_share
        Of the cases: labeled documents or ratings, or of the users if whole users are held out. A published test part
        has no share: 0; neither have the parts of `leave-last`.
    duplicates
        `together`: documents with the same words are in the same part; `apart`: runs of earlier versions, which
        split documents one by one.
    history_share
        If whole users are held out: the share of their ratings that is given.
    positive_from
        Ratings from this value on count as positive when a ranking is evaluated; None: from 4 on a five-star scale,
        otherwise the top two fifths of the scale.

    Raises
    ------
    ParameterError
        A value is out of bounds.
    """

    name: ProtocolName = "random"
    seed: int = 0
    validation_share: float = 0.1
    test_share: float = 0.1
    duplicates: Literal["together", "apart"] = "together"
    history_share: float = HISTORY_SHARE
    positive_from: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ParameterError(
                "The seed of the split is out of bounds.",
                received=self.seed,
                remedy=f"Choose a whole number from 0 to {LARGEST_SEED}.",
            )
        drawn = self._drawn_shares
        if not all(math.isfinite(share) and SMALLEST_SHARE <= share <= LARGEST_SHARE for share in drawn):
            raise ParameterError(
                "A share of the split is out of bounds.",
                received=", ".join(f"{share:g}" for share in drawn),
                remedy=f"Choose shares from {SMALLEST_SHARE:g} to {LARGEST_SHARE:g}.",
            )
        if not (math.isfinite(self.history_share) and SMALLEST_SHARE <= self.history_share <= 1 - SMALLEST_SHARE):
            raise ParameterError(
                "The share of the ratings that are given of a held-out user is out of bounds.",
                received=f"{self.history_share:g}",
                remedy=f"Choose a share from {SMALLEST_SHARE:g} to {1 - SMALLEST_SHARE:g}.",
            )
        if self.positive_from is not None and not math.isfinite(self.positive_from):
            raise ParameterError(
                "The lowest positive rating must be a finite number.", received=f"{self.positive_from:g}"
            )
        if sum(drawn) > _MOST_HELD_OUT + 1e-9:
            raise ParameterError(
                "Validation and test part together leave too little for training.",
                received=f"{sum(drawn):g}",
                remedy=f"Choose shares that add up to at most {_MOST_HELD_OUT:g}.",
            )
        if self.name == "published" and self.test_share != 0:
            raise ParameterError(
                "The test part of this dataset is published, so its share cannot be changed.",
                received=f"test_share={self.test_share:g}",
                remedy="Leave the share of the test part out.",
            )
        if self.name == "leave-last" and (self.validation_share, self.test_share) != (0, 0):
            raise ParameterError(
                "The last rating of each user is held out, so there are no shares to choose.",
                received=f"validation_share={self.validation_share:g}, test_share={self.test_share:g}",
                remedy="Leave the shares out.",
            )

    @property
    def _drawn_shares(self) -> list[float]:
        return [float(getattr(self, name)) for name in _DRAWN[self.name]]

    @property
    def draws_validation(self) -> bool:
        """Whether the share of the validation part can be chosen."""
        return "validation_share" in _DRAWN[self.name]

    @property
    def draws_test(self) -> bool:
        """Whether the share of the test part can be chosen."""
        return "test_share" in _DRAWN[self.name]

    @property
    def draws_at_random(self) -> bool:
        """Whether the parts depend on the seed."""
        return draws_at_random(self.name)

    @property
    def holds_out_users(self) -> bool:
        """Whether whole users are held out, so that `history_share` can be chosen."""
        return self.name == "unseen-users"

    @property
    def explanation(self) -> str:
        """What the test scores measure, and what the split leaks, in one or two sentences."""
        return _EXPLANATIONS[self.name]

    @property
    def id(self) -> str:
        """A short identifier, the same in every workspace; different protocols have different ones."""
        apart = ["apart"] if self.duplicates == "apart" else []
        given = [f"history{self.history_share!r}"] if self.history_share != HISTORY_SHARE else []
        positive = [f"from{self.positive_from!r}"] if self.positive_from is not None else []
        return "-".join([self.name, f"seed{self.seed}", *map(repr, self._drawn_shares), *apart, *given, *positive])

    @property
    def title(self) -> str:
        """The protocol in one displayed line."""
        shares = f"{_percent(self.validation_share)} for validation, {_percent(self.test_share)} for test"
        apart = ", duplicates not grouped" if self.duplicates == "apart" else ""
        title = {
            "random": f"Random split, {shares}, seed {self.seed}{apart}",
            "published": f"Published test part, {_percent(self.validation_share)} for validation, seed {self.seed}",
            "leave-last": "Leave last out: the last rating of each user for test, the one before for validation",
            "time-cut": f"Time cut: the newest {_percent(self.test_share)} for test, "
            f"the {_percent(self.validation_share)} before for validation",
            "unseen-users": f"Unseen users: {_percent(self.validation_share)} of the users for validation, "
            f"{_percent(self.test_share)} for test, {_percent(self.history_share)} of their ratings given, "
            f"seed {self.seed}",
            "whole-groups": f"Whole groups: {_percent(self.validation_share)} of the groups for validation, "
            f"{_percent(self.test_share)} for test, seed {self.seed}",
        }[self.name]
        positive = "" if self.positive_from is None else f", ratings from {self.positive_from:g} count as positive"
        return f"{title}{positive}"

    def as_dict(self) -> dict[str, Any]:
        """Return the protocol as JSON."""
        return {name: value for name, value in asdict(self).items() if name not in _LATER or value != _LATER[name]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_dict` returned, from a catalog or a backup.

        Raises
        ------
        InputError
            A value is missing, unknown, or of the wrong type.
        ParameterError
            The seed or a share is out of bounds.
        """
        known = {field.name for field in fields(cls)}
        valid = (
            isinstance(values, Mapping)
            and known - set(_LATER) <= set(values) <= known
            and values["name"] in PROTOCOL_NAMES
            and values["duplicates"] in ("together", "apart")
            and type(values["seed"]) is int
            and all(type(values[name]) in {int, float} for name in ("validation_share", "test_share"))
            and type(values.get("history_share", HISTORY_SHARE)) in {int, float}
            and type(values.get("positive_from")) in {int, float, type(None)}
        )
        if not valid:
            raise InputError("The evaluation protocol cannot be read.", received=values)
        return cls(**values)


def draws_at_random(name: str) -> bool:
    """Return whether the parts of the protocol with this name depend on a seed."""
    return name not in _WITHOUT_CHANCE


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
