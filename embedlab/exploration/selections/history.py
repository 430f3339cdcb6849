"""Undo and redo of selections, bounded in steps and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from embedlab.exploration.selections.selection import Selection

MOST_STATES = 60
#: Memory of all selections of a history together; the newest two are kept at any size.
MOST_BYTES = 8_000_000


@dataclass(frozen=True)
class History:
    """The selections of an embedding, oldest first, and which one is current.

    Examples
    --------
    >>> history = History.of(4).after(Selection.of_rows([1], 4)).after(Selection.of_rows([2], 4))
    >>> history.undone().current.rows.tolist(), history.undone().redone().current.rows.tolist()
    ([1], [2])
    """

    states: tuple[Selection, ...]
    position: int = 0

    @classmethod
    def of(cls, n_keys: int) -> Self:
        """Return a history that starts with nothing selected."""
        return cls((Selection.empty(n_keys),))

    @property
    def current(self) -> Selection:
        """The current selection; may have no rows."""
        return self.states[self.position]

    @property
    def can_undo(self) -> bool:
        """Whether there is an older selection."""
        return self.position > 0

    @property
    def can_redo(self) -> bool:
        """Whether a change was undone."""
        return self.position + 1 < len(self.states)

    def after(self, selection: Selection) -> History:
        """Return the history after a change; what was undone is forgotten, and the same rows are no change."""
        if selection.digest == self.current.digest:
            return self
        states = [*self.states[: self.position + 1], selection]
        n_bytes = sum(len(state.bits) for state in states)
        while len(states) > MOST_STATES or (n_bytes > MOST_BYTES and len(states) > 2):
            n_bytes -= len(states.pop(0).bits)
        return History(tuple(states), len(states) - 1)

    def undone(self) -> History:
        """Return the history with the previous selection current; the same if there is none."""
        return History(self.states, max(0, self.position - 1))

    def redone(self) -> History:
        """Return the history with the next selection current; the same if there is none."""
        return History(self.states, min(len(self.states) - 1, self.position + 1))
