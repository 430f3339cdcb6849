"""The tables of the catalog, and the database's own clock.

Uses only SQLAlchemy Core and types that SQLite and PostgreSQL share, so both run the same code.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class EpochNow(FunctionElement[float]):
    """Seconds since 1970 by the database's clock, so that leases on several machines use the same clock."""

    type = sa.Float()
    inherit_cache = True


@compiles(EpochNow, "sqlite")
def _epoch_now_sqlite(element: EpochNow, compiler: Any, **options: Any) -> str:
    del element, compiler, options
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(EpochNow, "postgresql")
def _epoch_now_postgresql(element: EpochNow, compiler: Any, **options: Any) -> str:
    del element, compiler, options
    return "extract(epoch from clock_timestamp())::double precision"


def _id(**options: Any) -> sa.Column[str]:
    return sa.Column("id", sa.String(12), primary_key=True, **options)


def _owner() -> sa.Column[str]:
    return sa.Column("owner", sa.String(200), nullable=False, index=True)


def _created_at() -> sa.Column[float]:
    return sa.Column("created_at", sa.Double, nullable=False)


uploads = sa.Table(
    "uploads",
    metadata,
    _id(),
    _owner(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    _created_at(),
)

datasets = sa.Table(
    "datasets",
    metadata,
    _id(),
    _owner(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, index=True),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("warnings", sa.JSON, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    _created_at(),
    # For new runs; null: the default.
    sa.Column("protocol", sa.JSON(none_as_null=True)),
)

jobs = sa.Table(
    "jobs",
    metadata,
    _id(),
    _owner(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("result", sa.JSON),
    sa.Column("error", sa.JSON),
    sa.Column("attempt", sa.Integer, nullable=False),
    _created_at(),
    sa.Column("started_at", sa.Double),
    sa.Column("finished_at", sa.Double),
    sa.Column("heartbeat_at", sa.Double),
    sa.Column("cancel_requested_at", sa.Double),
    # Identifies the holder of the lease: set by the claim, checked by every later write of the worker.
    sa.Column("token", sa.String(32)),
    sa.Column("worker", sa.JSON),
)

runs = sa.Table(
    "runs",
    metadata,
    _id(),
    _owner(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), nullable=False, index=True),
    sa.Column("model", sa.String(60), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("scores", sa.JSON, nullable=False),
    sa.Column("versions", sa.JSON, nullable=False),
    _created_at(),
    # Null: no split, or a run of a version that split the data with the model's seed.
    sa.Column("protocol", sa.JSON(none_as_null=True)),
    sa.ForeignKeyConstraint(["id"], ["jobs.id"], name="fk_runs_id"),
)

embeddings = sa.Table(
    "embeddings",
    metadata,
    _id(),
    _owner(),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("run_id", sa.ForeignKey("runs.id"), index=True),
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), index=True),
    sa.Column("n_keys", sa.BigInteger, nullable=False),
    sa.Column("vector_size", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    _created_at(),
)

projections = sa.Table(
    "projections",
    metadata,
    _id(),
    _owner(),
    sa.Column("embedding_id", sa.ForeignKey("embeddings.id"), nullable=False, index=True),
    sa.Column("method", sa.String(20), nullable=False),
    sa.Column("n_components", sa.Integer, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("quality", sa.JSON, nullable=False),
    _created_at(),
)

yardsticks = sa.Table(
    "yardsticks",
    metadata,
    _id(),
    _owner(),
    sa.Column("dataset_id", sa.ForeignKey("datasets.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    _created_at(),
)

# For lists of the newest rows of an owner.
for _table in (datasets, runs, embeddings, jobs):
    sa.Index(f"ix_{_table.name}_owner_created_at", _table.c.owner, _table.c.created_at)
sa.Index("ix_jobs_owner_kind_created_at", jobs.c.owner, jobs.c.kind, jobs.c.created_at)
sa.Index("ix_runs_owner_model_created_at", runs.c.owner, runs.c.model, runs.c.created_at)

# At most one row: the slot is always 1, so a second id cannot be inserted.
workspace_identity = sa.Table(
    "workspace_identity",
    metadata,
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.String(12), nullable=False),
    _created_at(),
)
