"""The parameters of models that alternating least squares trains."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from embedlab.models.contract.base import ADVANCED, LOG, Parameters
from embedlab.models.shared.two_phases import REFIT_HELP

#: Up to this vector size a whole vector is solved at once.
MOST_EXACT_FACTORS = 128


class AlternatingParameters(Parameters):
    """Parameters of implicit alternating least squares."""

    n_factors: int = Field(64, title="Dimensions", ge=1, le=2048, description="Vector size (dimensions).")
    epochs: int = Field(16, title="Epochs", ge=1, le=1000, description="Passes over the interactions.")
    l2: float | None = Field(
        None,
        title="L2 regularization",
        gt=0,
        le=1e6,
        description="L2 regularization of the vectors. Empty: chosen on validation data.",
        json_schema_extra=LOG,
    )
    alpha0: float | None = Field(
        None,
        title="Weight of unobserved pairs",
        gt=0,
        le=1e3,
        description="Weight of pairs of a user and an item without an interaction; an interaction weighs 1. Empty: "
        "chosen on validation data.",
        json_schema_extra=LOG,
    )
    nu: float = Field(
        1.0,
        title="Frequency scaling of L2 (nu)",
        ge=0,
        le=1,
        description="How L2 regularization grows with the number of interactions. 1: in proportion, 0: the same for "
        "all users and items.",
        json_schema_extra=ADVANCED,
    )
    solver: Literal["auto", "cholesky", "blocks"] = Field(
        "auto",
        title="Solver",
        description="cholesky: solve whole vectors. blocks: solve blocks of dimensions in turn (iALS++), faster for "
        f"large vectors. auto: blocks above {MOST_EXACT_FACTORS} dimensions.",
        json_schema_extra=ADVANCED,
    )
    block_size: int = Field(
        64,
        title="Block size",
        ge=1,
        le=128,
        description="Dimensions in a block of the solver blocks.",
        json_schema_extra=ADVANCED,
    )
    refit: bool = Field(True, title="Refit with validation data", description=REFIT_HELP, json_schema_extra=ADVANCED)

    @property
    def block(self) -> int:
        """Number of dimensions that are solved at a time."""
        if self.solver == "blocks" or (self.solver == "auto" and self.n_factors > MOST_EXACT_FACTORS):
            return min(self.block_size, self.n_factors)
        return self.n_factors
