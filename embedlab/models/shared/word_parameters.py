"""Fields that the parameters of several text models share, as types: each model sets its own order and defaults."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from embedlab.models.contract.base import ADVANCED, LOG
from embedlab.models.shared.repeatability import WORKERS_HELP

VectorSize = Annotated[int, Field(title="Dimensions", ge=1, le=2000, description="Vector size (dimensions).")]
Window = Annotated[
    int, Field(title="Context window", ge=1, le=100, description="Maximum number of context words on each side.")
]
MinCount = Annotated[
    int,
    Field(title="Minimum word count", ge=1, le=1_000_000, description="Ignore words that occur less often than this."),
]
Epochs = Annotated[int, Field(title="Epochs", ge=1, le=10_000, description="Passes over the text.")]
Negative = Annotated[
    int, Field(title="Negative samples", ge=1, le=100, description="Negative samples per positive pair.")
]
Sample = Annotated[
    float,
    Field(
        title="Subsampling threshold",
        ge=0,
        le=1,
        description="Subsampling: randomly skip words whose share of the text is larger than this. 0: off.",
        json_schema_extra={**LOG, **ADVANCED},
    ),
]
Alpha = Annotated[
    float,
    Field(
        title="Initial learning rate",
        ge=1e-4,
        le=1,
        description="Initial learning rate; it decreases linearly to 0.0001.",
        json_schema_extra={**LOG, **ADVANCED},
    ),
]
Workers = Annotated[int, Field(title="Threads", ge=1, le=256, description=WORKERS_HELP, json_schema_extra=ADVANCED)]
