"""What a run can do besides the questions about its embeddings, as links to views of the Ask page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from embedlab.jobs.inference import has_ability
from embedlab.models.contract.abilities import Ability, Classifies, ClassifiesImages
from embedlab.models.contract.rows import PredictsRows
from embedlab.workspace.rows import RunRow


@dataclass(frozen=True)
class Use:
    """A link to the view of the Ask page that uses an ability."""

    ability: type[Ability[Any]]
    view: str
    label: str
    icon: str


_USES: Final = (
    Use(Classifies, "classify", "Classify a text", ":material/label:"),
    Use(ClassifiesImages, "image", "Classify an image", ":material/draw:"),
    Use(PredictsRows, "predict", "Predict a row", ":material/table_chart:"),
)


def uses_of(run: RunRow) -> list[Use]:
    """Return the links that fit a run."""
    return [use for use in _USES if has_ability(run, use.ability)]
