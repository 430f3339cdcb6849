"""The columns of user, item, rating and time: by their names, then by their values; asked where neither decides.

The command line, the guess of the kind and the form of the Data page all use `find_roles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from embedlab.core.errors import Choice, InputError, UnsureError
from embedlab.kinds.ratings.columns import Profile, profiles_of
from embedlab.kinds.ratings.rating_values import words_in
from embedlab.reading.column_names import holds_other_numbers, rank_of_name

ROLES: Final = ("user", "item", "rating", "time")
_MOST_CHOICES: Final = 8
#: A column is taken for the rating without a name only if its values look this much like ratings.
_SURE_SCORE: Final = 2


@dataclass(frozen=True)
class Roles:
    """The number of the column for each role; `assumptions` says what was not certain."""

    user: int
    item: int
    rating: int
    time: int | None
    assumptions: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, int | None]:
        """Return the columns by role."""
        return {"user": self.user, "item": self.item, "rating": self.rating, "time": self.time}


def find_roles(
    names: Sequence[str] | None, rows: Sequence[Sequence[str | None]], chosen: Mapping[str, int] | None = None
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

    Raises
    ------
    UnsureError
        Several columns may have the same role.
    InputError
        There are fewer than three columns, or none can be the rating.
    """
    n_columns = max(len(names or ()), max((len(row) for row in rows), default=0))
    if n_columns < 3:
        raise InputError(
            "Ratings need at least three columns: user, item and rating.",
            received=f"{n_columns} column{'' if n_columns == 1 else 's'}",
            remedy="Choose another separator, or a file with one rating per row.",
        )
    titles = list(names) if names is not None else [str(column) for column in range(n_columns)]
    titles += [str(column) for column in range(len(titles), n_columns)]
    return _Finder(titles, profiles_of(titles, rows), dict(chosen or {}), named=names is not None).find()


class _Finder:
    def __init__(self, names: list[str], profiles: list[Profile], roles: dict[str, int], *, named: bool) -> None:
        self._names, self._profiles, self._roles, self._named = names, profiles, roles, named
        self._said: list[str] = []

    def find(self) -> Roles:
        if self._named:
            for role in ROLES:
                self._add_by_name(role)
        if "rating" not in self._roles:
            self._roles["rating"] = self._rating_by_values()
        self._add_keys_by_values()
        time = self._roles.get("time")
        if time is None:
            time = next((column for column in self._free() if self._profiles[column].are_times), None)
        elif self._profiles[time].cells and not self._profiles[time].are_times and not self._profiles[time].is_numeric:
            self._said.append(f"The column {self._names[time]} holds no dates that are understood.")
        return Roles(self._roles["user"], self._roles["item"], self._roles["rating"], time, self._said)

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

    def _rating_by_values(self) -> int:
        free = [column for column in self._free() if not (self._named and holds_other_numbers(self._names[column]))]
        scores = {column: score for column in free if (score := self._profiles[column].rating_score) > 0}
        n_keys = sum(role not in self._roles for role in ("user", "item"))
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
            return self._rating_of_last_resort(third)
        best = [column for column, score in scores.items() if score == max(scores.values())]
        if len(best) > 1:
            fewest = min(len(self._profiles[column].distinct) for column in best)
            fewer = [column for column in best if len(self._profiles[column].distinct) == fewest]
            clear = [column for column in best if len(self._profiles[column].distinct) < 2.5 * fewest]
            best = fewer if len(clear) == 1 else best
        if len(best) > 1:
            raise self._ask("rating", best, "Several columns may hold the ratings.")
        if scores[best[0]] < _SURE_SCORE:
            raise self._ask("rating", best, "No column is plainly the rating.")
        self._said.append(f"The column {self._title(best[0])} is read as the rating because of its values.")
        return best[0]

    def _rating_of_last_resort(self, third: int | None) -> int:
        """Return the third column if it holds numbers that are not plainly something else."""
        if third is not None and not (self._named and holds_other_numbers(self._names[third])):
            profile = self._profiles[third]
            is_other = profile.are_row_numbers or profile.are_times or profile.is_constant
            if not self._named and len(self._names) <= 4 and profile.is_numeric and not is_other:
                return third
        shown = "; ".join(f"{self._title(column)}: {self._profiles[column].sample(3)}" for column in self._free()[:6])
        if self._roles.keys() >= {"user", "item"}:
            raise InputError(
                "No column holds ratings: the file says what users did, not how they liked it (implicit feedback).",
                received=shown or None,
                remedy="Choose the column of the rating with --rating if there is one; import the items of each user "
                "as text, one line per user, to train an embedding on them.",
            )
        raise InputError(
            "No column holds numbers that could be ratings.",
            received=shown or None,
            remedy="Choose the column of the rating, or another separator.",
        )

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
                f"{self._title(column)} as the {role}" for role, column in zip(missing, keys, strict=False)
            )
            self._said.append(f"The names do not say it: {read}.")

    def _may_be_keys(self, column: int) -> bool:
        profile = self._profiles[column]
        if self._named and holds_other_numbers(self._names[column]) and not self._names[column].lower().endswith("id"):
            return False
        decimals = profile.is_numeric and not profile.is_whole
        return not (profile.is_prose or profile.is_constant or decimals or profile.are_times)

    def _title(self, column: int) -> str:
        return self._names[column] if self._named else f"number {column}"

    def _ask(self, role: str, columns: Iterable[int], what: str) -> UnsureError:
        choices = []
        for column in list(columns)[:_MOST_CHOICES]:
            name = self._names[column]
            flag = f'--{role} "{name}"' if " " in name else f"--{role} {name}"
            choices.append(
                Choice(flag, f"the column {self._title(column)}", self._profiles[column].sample(), {role: name})
            )
        return UnsureError(what, choices=choices)
