"""The contract every projection method keeps, so that pages, command line and jobs need to know no method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

from embedlab.core.embedding import Vectors
from embedlab.core.parameters import CheckedParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.placing import Amid, Placer
from embedlab.projections.points import Coordinates


class ProjectionParameters(CheckedParameters):
    """Typed parameters of a method; the number of components and the seed are told apart.

    Besides what `CheckedParameters` knows, `json_schema_extra={"named": True}` marks a parameter that belongs to the
    name of a map whatever its value.
    """


P = TypeVar("P", bound=ProjectionParameters)


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a method has found.

    Parameters
    ----------
    coordinates
        `(n_points, n_components)` float32, finite.
    facts
        What only the method knows of how far they can be trusted, as JSON; kept among the map's quality.
    """

    coordinates: Coordinates
    facts: Mapping[str, Any] = field(default_factory=dict)


class ProjectionMethod(ABC, Generic[P]):
    """A way to place vectors in two or three dimensions, for one file each; see `embedlab.projections.registry`."""

    #: In the catalog and on the command line: letters, digits, `_`, `.`, `-`, at most 20.
    name: ClassVar[str]
    title: ClassVar[str]
    #: One sentence: what its maps show.
    summary: ClassVar[str]
    parameters_class: type[P]
    #: The numbers of components it can give, the usual one first.
    dimensions: ClassVar[tuple[int, ...]] = (2, 3)
    #: Of these the maps of every new embedding, made at once.
    first_dimensions: ClassVar[tuple[int, ...]] = ()
    #: Whether another seed gives other coordinates.
    uses_seed: ClassVar[bool] = True
    #: Of the bar of a map's job; what is left is for the measurement of the map.
    share_of_bar: ClassVar[float] = 0.9

    @abstractmethod
    def estimate_seconds(self, n_points: int, vector_size: int, n_components: int, parameters: P) -> float:
        """Return about how many seconds `fit` takes on two ordinary cores."""

    @abstractmethod
    def fit(self, vectors: Vectors, parameters: P, context: ProjectionContext) -> Fitted:
        """Place the vectors.

        Parameters
        ----------
        vectors
            `(n_points, vector_size)` float32, perhaps on disk. There may be as few as one, and equal ones.
        parameters
            Checked; what does not suit few points is changed, and `notes` says so.
        context
            `n_components` is one of `dimensions`. The same seed, vectors and parameters give the same coordinates
            whatever the number of threads.

        Raises
        ------
        InputError
            The vectors are no matrix, are empty, or hold numbers that are not finite.
        CancelledError
            As `context.report` raises it.
        """

    def fit_each(
        self, vectors: Vectors, dimensions: Sequence[int], parameters: P, context: ProjectionContext
    ) -> list[Fitted]:
        """Place the vectors in several numbers of dimensions; a method that shares work between them overrides this."""
        fits = []
        for number, n_components in enumerate(dimensions):

            def report(share: float, stage: str, number: int = number) -> None:
                context.report((number + share) / len(dimensions), stage)

            fits.append(self.fit(vectors, parameters, replace(context, n_components=n_components, listener=report)))
        return fits

    def notes(self, n_points: int, n_components: int, parameters: P) -> list[str]:
        """Return plain sentences about what `fit` will do otherwise than asked, for the form."""
        del n_points, n_components, parameters
        return []

    def placer(self, vectors: Vectors, coordinates: Coordinates) -> Placer | None:
        """Return how a vector that is not of the embedding is placed on a stored map; None where it has no place.

        Parameters
        ----------
        vectors, coordinates
            `(n_points, vector_size)` and `(n_points, n_components)` float32 of the map, in the same order.
        """
        del vectors, coordinates
        return Amid(f"{self.title} has no rule for new words")

    def settings_text(self, parameters: Mapping[str, Any]) -> str:
        """Return the stored parameters that name a map: the named ones, and those that are not at their default."""
        fields = self.parameters_class.model_fields
        told = []
        for name, value in parameters.items():
            if name not in fields:
                continue
            extra = fields[name].json_schema_extra
            if (isinstance(extra, dict) and extra.get("named")) or value != fields[name].default:
                told.append(f"{name.replace('_', ' ')} {f'{value:g}' if isinstance(value, float) else value}")
        return ", ".join(told)
