"""The interface of all projection methods, so that pages, command line and jobs do not depend on any method."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.parameters import CheckedParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.placing import NeighborPlacer, Placer
from embedlab.projections.points import Coordinates


class ProjectionParameters(CheckedParameters):
    """Typed parameters of a method, without the number of components and the seed.

    In addition to `CheckedParameters`, `json_schema_extra={"named": True}` marks a parameter that is always part of the
    name of a map.
    """


P = TypeVar("P", bound=ProjectionParameters)


@dataclass(frozen=True, eq=False)
class FitResult:
    """Result of a fit.

    Parameters
    ----------
    coordinates
        `(n_points, n_components)` float32, finite.
    facts
        Quality measures that only the method knows, as JSON; stored with the quality of the map.
    """

    coordinates: Coordinates
    facts: Mapping[str, Any] = field(default_factory=dict)


class ProjectionMethod(ABC, Generic[P]):
    """A projection method for two or three dimensions; each has its own file, see `embedlab.projections.registry`."""

    #: Name in the catalog and on the command line: letters, digits, `_`, `.`, `-`, at most 20.
    name: ClassVar[str]
    title: ClassVar[str]
    #: One sentence: what its maps show.
    summary: ClassVar[str]
    parameters_class: type[P]
    #: Supported numbers of components, the default first.
    dimensions: ClassVar[tuple[int, ...]] = (2, 3)
    #: The dimensions of the maps that are computed immediately for every new embedding.
    first_dimensions: ClassVar[tuple[int, ...]] = ()
    #: The dimensions of the maps that are computed in the background after that, if their estimated time is reasonable.
    background_dimensions: ClassVar[tuple[int, ...]] = ()
    #: Whether another seed gives other coordinates.
    uses_seed: ClassVar[bool] = True
    #: Increased when the same vectors, parameters and seed give another map than before.
    version: ClassVar[int] = 1
    #: Distributions whose version is part of what decides a map.
    libraries: ClassVar[tuple[str, ...]] = ()
    #: Whether a map depends on the names of the points besides their vectors.
    uses_names: ClassVar[bool] = False
    #: Whether `fit` can start from the coordinates of another map, `context.start`.
    can_start: ClassVar[bool] = False
    #: Whether `fit` offers `context.frame` and stops early at `context.stops_after`.
    has_iterations: ClassVar[bool] = False
    #: One sentence for the button that stops it: what else happens at a stop; may be empty.
    stop_help: ClassVar[str] = ""
    #: Whether a map that would take too long may lay out a sample of the points (see `embedlab.projections.sampling`).
    can_sample: ClassVar[bool] = False
    #: One sentence for the form: what the same map for everyone costs, or why it cannot be promised; may be empty.
    repeatability: ClassVar[str] = ""
    #: Whether the same seed gives the same coordinates; a method that cannot promise it says so in `notes`.
    is_reproducible: ClassVar[bool] = True
    #: What to install if the method needs a package of `requirements-extras.txt`; the module of that name.
    package: ClassVar[str] = ""
    #: Share of the progress bar of a map's job; the rest is for measuring the quality of the map.
    share_of_bar: ClassVar[float] = 0.9

    def defaults(self, n_points: int) -> P:
        """Return the parameters for a map of so many points, where a user chooses none."""
        del n_points
        return self.parameters_class()

    def completed(self, values: Mapping[str, Any], n_points: int) -> P:
        """Return chosen parameters with the defaults for so many points; raises `ParameterError` for invalid ones."""
        return self.parameters_class.checked({**self.defaults(n_points).model_dump(mode="json"), **values})

    @abstractmethod
    def estimate_seconds(self, n_points: int, vector_size: int, n_components: int, parameters: P) -> float:
        """Return the approximate duration of `fit` in seconds, on two ordinary cores."""

    @abstractmethod
    def fit(self, vectors: Vectors, parameters: P, context: ProjectionContext) -> FitResult:
        """Place the vectors.

        Parameters
        ----------
        vectors
            `(n_points, vector_size)` float32, possibly memory-mapped. There may be only one vector, and equal ones.
        parameters
            Validated; values that do not suit few points are adjusted, which `notes` reports.
        context
            `n_components` is one of `dimensions`. The same seed, vectors and parameters give the same coordinates
            with any number of threads, unless the method is not `is_reproducible`.

        Raises
        ------
        InputError
            The vectors are not a matrix, are empty, or contain numbers that are not finite.
        CancelledError
            As `context.report` raises it.
        """

    def fit_each(
        self, vectors: Vectors, dimensions: Sequence[int], parameters: P, context: ProjectionContext
    ) -> list[FitResult]:
        """Fit several numbers of dimensions; override this to share work between them."""
        fits = []
        for number, n_components in enumerate(dimensions):

            def report(share: float, stage: str, number: int = number) -> None:
                context.report((number + share) / len(dimensions), stage)

            fits.append(self.fit(vectors, parameters, replace(context, n_components=n_components, listener=report)))
        return fits

    def is_installed(self) -> bool:
        """Return whether the package that the method needs is installed."""
        return not self.package or importlib.util.find_spec(self.package) is not None

    def check(self, parameters: P, n_components: int, embedding: Callable[[], Embedding]) -> None:
        """Refuse what `fit` would refuse, before a job starts; override this for parameters that refer to the vectors.

        Parameters
        ----------
        embedding
            Returns the embedding; call it only if the parameters need it.

        Raises
        ------
        InputError
            The package is not installed, or a parameter does not fit the embedding.
        """
        del parameters, n_components, embedding
        if not self.is_installed():
            raise InputError(
                f"{self.title} is not installed.",
                received=self.name,
                remedy=f"Install it with: pip install {self.package}. Or choose another method.",
            )

    def notes(self, n_points: int, n_components: int, parameters: P) -> list[str]:
        """Return plain sentences about the parameters that `fit` will adjust, for the form."""
        del n_points, n_components, parameters
        return []

    def placer(self, vectors: Vectors, coordinates: Coordinates) -> Placer | None:
        """Return a placer for new vectors on a stored map; None if new vectors cannot be placed.

        Parameters
        ----------
        vectors, coordinates
            `(n_points, vector_size)` and `(n_points, n_components)` float32 of the map, in the same order.
        """
        del vectors, coordinates
        return NeighborPlacer(f"{self.title} has no rule for new words")

    def settings_text(self, parameters: Mapping[str, Any]) -> str:
        """Return the parameters in the name of a map: the named ones, and those that differ from their default."""
        fields = self.parameters_class.model_fields
        parts = []
        for name, value in parameters.items():
            if name not in fields:
                continue
            extra = fields[name].json_schema_extra
            if (isinstance(extra, dict) and extra.get("named")) or value != fields[name].default:
                parts.append(f"{name.replace('_', ' ')} {f'{value:g}' if isinstance(value, float) else value}")
        return ", ".join(parts)
