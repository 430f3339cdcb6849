"""The columns of user, item, rating or count, and time: by name, then by values; asked where neither decides.

The command line, the guess of the kind and the form of the Data page all use `find_roles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from embedlab.core.errors import Choice, InputError, UnsureError
from embedlab.kinds.ratings.columns import Profile, profiles_of
from embedlab.kinds.ratings.dataset import Feedback
from embedlab.kinds.ratings.feedback.shapes import feedback_shape
from embedlab.kinds.ratings.feedback.values import are_unusual_ratings, ask_for_feedback, is_flag
from embedlab.kinds.ratings.rating_values import words_in
from embedlab.reading.column_names import holds_other_numbers, is_weak_name, rank_of_name
from embedlab.reading.table_columns import column_in_sentence

ROLES: Final = ("user", "item", "rating", "time")
_MOST_CHOICES: Final = 8
#: A column is taken for the rating without a name only if its values look this much like ratings.
_SURE_SCORE: Final = 2


@dataclass(frozen=True)
class Roles:
    """The number of the column for each role; `assumptions` says what was not certain.

    Of implicit feedback `rating` is the column of the count, or None where each row is a choice.
    """

    user: int
    item: int
    rating: int | None
    time: int | None
    assumptions: list[str] = field(default_factory=list)
    feedback: Feedback = "explicit"

    def as_dict(self) -> dict[str, int | None]:
        """Return the columns by role."""
        return {"user": self.user, "item": self.item, "rating": self.rating, "time": self.time}


def find_roles(
    names: Sequence[str] | None,
    rows: Sequence[Sequence[str | None]],
    chosen: Mapping[str, int] | None = None,
    feedback: Feedback | None = None,
    *,
    no_rating: bool = False,
) -> Roles:
    """Return the column of each role.

    Parameters
    ----------
    names
        The header, or None if there is none.
    rows
        Some rows, as text.
    chosen
        Roles whose column is already known.
    feedback
        Whether the file holds ratings, if that is known.
    no_rating
        Whether no column holds ratings or counts: each row is a choice.

    Raises
    ------
    UnsureError
        Several columns may have the same role, or numbers may be ratings as well as counts.
    InputError
        There are fewer than two columns, or none can be the rating.
    """
    n_columns = max(len(names or ()), max((len(row) for row in rows), default=0))
    fewest = 3 if feedback == "explicit" else 2
    if n_columns < fewest:
        raise InputError(
            "Ratings need at least three columns: user, item and rating; lists of what users chose need two."
            if feedback is None
            else f"{feedback.capitalize()} feedback needs at least {fewest} columns.",
            received=f"{n_columns} column{'' if n_columns == 1 else 's'}",
            remedy="Choose another separator, or a file with one rating per row.",
        )
    titles = list(names) if names is not None else [str(column) for column in range(n_columns)]
    titles += [str(column) for column in range(len(titles), n_columns)]
    named = names is not None
    finder = _Finder(titles, profiles_of(titles, rows), dict(chosen or {}), feedback, named=named, no_rating=no_rating)
    return finder.find()


class _Finder:
    def __init__(
        self,
        names: list[str],
        profiles: list[Profile],
        roles: dict[str, int],
        feedback: Feedback | None,
        *,
        named: bool,
        no_rating: bool,
    ) -> None:
        self._names, self._profiles, self._roles, self._named = names, profiles, roles, named
        self._feedback, self._no_rating = feedback, no_rating
        self._said: list[str] = []

    def find(self) -> Roles:
        self._add_shape()
        if self._named:
            for role in ROLES:
                if role != "rating" or not self._no_rating:
                    self._add_by_name(role)
        feedback = self._add_rating()
        self._add_keys_by_values()
        time = self._roles.get("time")
        if time is None:
            time = next((column for column in self._free() if self._profiles[column].are_times), None)
        elif self._profiles[time].cells and not self._profiles[time].are_times and not self._profiles[time].is_numeric:
            self._said.append(f"The column {self._names[time]} holds no dates that are understood.")
        rating = self._roles.get("rating")
        return Roles(self._roles["user"], self._roles["item"], rating, time, self._said, feedback)

    def _add_shape(self) -> None:
        """Add the columns of a table without names whose values show that it is implicit feedback."""
        if self._named or self._roles or self._feedback == "explicit":
            return
        shape = feedback_shape(self._profiles)
        if shape is None:
            return
        self._said.append(shape.reason)
        self._feedback = "implicit"
        self._roles |= {"user": shape.user, "item": shape.item}
        if shape.time is not None:
            self._roles["time"] = shape.time
        if shape.count is None:
            self._no_rating = True
        elif not self._no_rating:
            self._roles["rating"] = shape.count

    def _add_rating(self) -> Feedback:
        """Add the column of the rating or count, if there is one; return the kind of feedback."""
        if self._no_rating:
            return "implicit"
        column = self._roles.get("rating")
        if column is not None:
            return self._feedback or self._feedback_of_named(column)
        if self._feedback != "explicit" and (count := self._count_by_name()) is not None:
            self._roles["rating"] = count
            if self._feedback is None:
                self._said.append(
                    f"The column {self._names[count]} is read as a count (implicit feedback): it says how often or how "
                    "long users used an item, not how they liked it."
                )
            return "implicit"
        if self._feedback == "implicit":
            return self._count_by_values()
        found = self._rating_by_values()
        if found is None:
            return "implicit"
        self._roles["rating"] = found
        return "explicit" if self._feedback is not None else self._feedback_of_values(found)

    def _feedback_of_named(self, column: int) -> Feedback:
        name, profile = self._names[column], self._profiles[column]
        if not self._named:
            return self._feedback_of_values(column)
        is_rating = rank_of_name(name, "rating") is not None
        if not is_rating and (rank_of_name(name, "count") is not None or profile.has_long_tail):
            self._said.append(f"The column {name} is read as a count (implicit feedback).")
            return "implicit"
        if is_rating and is_weak_name(name, "rating") and are_unusual_ratings(profile):
            raise ask_for_feedback(name, profile)
        return "explicit"

    def _feedback_of_values(self, column: int) -> Feedback:
        profile = self._profiles[column]
        if profile.has_long_tail:
            self._said.append(
                f"The {self._title(column)} is read as a count (implicit feedback), because a few of its "
                "numbers are far larger than most."
            )
            return "implicit"
        if are_unusual_ratings(profile):
            raise ask_for_feedback(self._names[column], profile)
        return "explicit"

    def _count_by_name(self) -> int | None:
        ranked = sorted(
            (rank, column)
            for column in self._free()
            if self._named
            and (rank := rank_of_name(self._names[column], "count")) is not None
            and (self._profiles[column].is_numeric or not any(profile.cells for profile in self._profiles))
            and not self._profiles[column].are_times
        )
        return ranked[0][1] if ranked else None

    def _count_by_values(self) -> Feedback:
        """Add the column of a count that no name describes, if its numbers have a long tail."""
        n_keys = sum(role not in self._roles for role in ("user", "item"))
        free = [column for column in self._numbers(n_keys) if self._profiles[column].has_long_tail]
        if free:
            self._roles["rating"] = free[0]
            self._said.append(f"The {self._title(free[0])} is read as a count.")
        else:
            self._say_choices()
        return "implicit"

    def _say_choices(self) -> None:
        self._said.append("No column holds ratings or counts: each row is a choice of a user (implicit feedback).")

    def _free(self) -> list[int]:
        taken = set(self._roles.values())
        return [column for column in range(len(self._names)) if column not in taken]

    def _add_by_name(self, role: str) -> None:
        if role in self._roles:
            return
        ranked = sorted(
            (rank, column)
            for column in self._free()
            if (rank := rank_of_name(self._names[column], role)) is not None and self._fits(role, column)
        )
        if ranked:
            self._roles[role] = ranked[0][1]

    def _fits(self, role: str, column: int) -> bool:
        """Return whether the values of a column do not contradict its name."""
        profile = self._profiles[column]
        if not profile.cells:
            # Without any row, the name is all there is.
            return not any(each.cells for each in self._profiles)
        if role == "rating":
            return profile.reader is not None or bool(words_in(profile.cells))
        if role == "time":
            return profile.are_times or profile.is_numeric or profile.n_words <= 6
        return not profile.is_prose and not (profile.are_times and role == "user" and not profile.is_numeric)

    def _rating_by_values(self) -> int | None:
        free = [column for column in self._free() if not (self._named and holds_other_numbers(self._names[column]))]
        scores = {column: score for column in free if (score := self._profiles[column].rating_score) > 0}
        n_keys = sum(role not in self._roles for role in ("user", "item"))
        if self._named and not n_keys and self._feedback is None:
            # Beside columns that are named user and item, 0 and 1 may say anything.
            scores = {column: score for column, score in scores.items() if not is_flag(self._profiles[column])}
        # Row numbers of a few rows look like ids, and ids of a few users look like ratings.
        third = self._free()[n_keys] if len(self._free()) > n_keys else None
        if not self._named and third in scores and len(self._names) <= 4:
            better = [column for column, score in scores.items() if score > scores[third]]
            if not better:
                if sum(score == scores[third] for score in scores.values()) > 1:
                    self._said.append(
                        "The columns have no names: they are read as user, item and rating, in this order."
                    )
                return third
        if not scores:
            return self._rating_of_last_resort(third, n_keys)
        best = [column for column, score in scores.items() if score == max(scores.values())]
        if len(best) > 1:
            fewest = min(len(self._profiles[column].distinct) for column in best)
            fewer = [column for column in best if len(self._profiles[column].distinct) == fewest]
            clear = [column for column in best if len(self._profiles[column].distinct) < 2.5 * fewest]
            best = fewer if len(clear) == 1 else best
        if len(best) > 1:
            raise self._ask("rating", best, "Several columns may hold the ratings.")
        if scores[best[0]] < _SURE_SCORE and not self._profiles[best[0]].has_long_tail:
            raise self._ask("rating", best, "No column is plainly the rating.")
        self._said.append(f"The {self._title(best[0])} is read as the rating because of its values.")
        return best[0]

    def _rating_of_last_resort(self, third: int | None, n_keys: int) -> int | None:
        """Return a column of numbers that are not plainly something else; None if each row is a choice."""
        may_be_choices = self._feedback is None
        numbers = self._numbers(n_keys)
        if may_be_choices and (tails := [column for column in numbers if self._profiles[column].has_long_tail]):
            return tails[0]
        if third in numbers and not self._named and len(self._names) <= 4:
            return third
        if may_be_choices and not n_keys:
            if numbers:
                raise ask_for_feedback(self._names[numbers[0]], self._profiles[numbers[0]])
            self._say_choices()
            return None
        n_others = sum(not self._profiles[column].are_times for column in self._free()) - n_keys
        if may_be_choices and n_others == 0 and not any(self._profiles[column].is_prose for column in self._free()):
            self._say_choices()
            return None
        shown = "; ".join(f"{self._title(column)}: {self._profiles[column].sample(3)}" for column in self._free()[:6])
        raise InputError(
            "No column holds numbers that could be ratings.",
            received=shown or None,
            remedy="Choose the column of the rating with --rating, or another separator. If the file says only what "
            "users chose, use --feedback implicit.",
        )

    def _numbers(self, n_keys: int) -> list[int]:
        """Return free columns behind those of ids whose numbers are not plainly something else."""
        return [
            column
            for column in self._free()[n_keys:]
            if self._may_be_count(self._profiles[column])
            and not (self._named and holds_other_numbers(self._names[column]))
        ]

    @staticmethod
    def _may_be_count(profile: Profile) -> bool:
        is_other = profile.are_row_numbers or profile.are_times or profile.is_constant or is_flag(profile)
        return profile.is_numeric and not is_other

    def _add_keys_by_values(self) -> None:
        missing = [role for role in ("user", "item") if role not in self._roles]
        if not missing:
            return
        free = [column for column in self._free() if self._profiles[column].cells]
        if not free and not any(profile.cells for profile in self._profiles):
            free = self._free()
        keys = [column for column in free if self._may_be_keys(column)]
        plain = [column for column in keys if not self._profiles[column].are_row_numbers]
        if len(plain) >= len(missing):
            keys = plain
        if len(keys) < len(missing):
            keys = free
        if len(keys) < len(missing):
            raise InputError(f"No column is left for the {missing[0]}.", remedy="Choose the columns again.")
        if len(keys) > len(missing) and (self._named or len(self._names) > 4):
            raise self._ask(missing[0], keys, f"Several columns may hold the {missing[0]}s.")
        for role, column in zip(missing, keys, strict=False):
            self._roles[role] = column
        if self._named:
            read = " and ".join(
                f"{self._names[column]} as the {role}" for role, column in zip(missing, keys, strict=False)
            )
            self._said.append(f"The names do not say it: {read}.")

    def _may_be_keys(self, column: int) -> bool:
        profile = self._profiles[column]
        if self._named and holds_other_numbers(self._names[column]) and not self._names[column].lower().endswith("id"):
            return False
        decimals = profile.is_numeric and not profile.is_whole
        return not (profile.is_prose or profile.is_constant or decimals or profile.are_times)

    def _title(self, column: int) -> str:
        return column_in_sentence(self._names, column, named=self._named)

    def _ask(self, role: str, columns: Iterable[int], what: str) -> UnsureError:
        choices = []
        for column in list(columns)[:_MOST_CHOICES]:
            name = self._names[column]
            flag = f'--{role} "{name}"' if " " in name else f"--{role} {name}"
            choices.append(Choice(flag, f"the {self._title(column)}", self._profiles[column].sample(), {role: name}))
        return UnsureError(what, choices=choices)
