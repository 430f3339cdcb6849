"""The parameters of a projection method as fields of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.core.kind import Counts
from embedlab.core.parameters import CheckedParameters
from embedlab.projections.base import ProjectionMethod


class MethodFields:
    """Adapts a projection method to `ParameterForm`, with the same defaults for every embedding.

    Parameters
    ----------
    method
        The method.
    form
        Name of the form, whose widgets are apart from those of other forms.
    n_points
        Number of points of the map.
    """

    def __init__(self, method: ProjectionMethod[Any], form: str, n_points: int) -> None:
        self.name = f"{form}-{method.name}"
        self.parameters_class: type[CheckedParameters] = method.parameters_class
        self._defaults: CheckedParameters = method.defaults(n_points)

    def defaults(self, counts: Counts) -> CheckedParameters:
        """Return the defaults for the number of points."""
        del counts
        return self._defaults

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return no presets."""
        return {}
