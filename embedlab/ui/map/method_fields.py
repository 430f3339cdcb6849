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
    """

    def __init__(self, method: ProjectionMethod[Any], form: str) -> None:
        self.name = f"{form}-{method.name}"
        self.parameters_class: type[CheckedParameters] = method.parameters_class

    def defaults(self, counts: Counts) -> CheckedParameters:
        """Return the defaults."""
        del counts
        return self.parameters_class()

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return no presets."""
        return {}
