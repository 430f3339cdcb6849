"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
    )
    op.create_index("ix_datasets_digest", "datasets", ["digest"])
    op.create_index("ix_datasets_owner", "datasets", ["owner"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("heartbeat_at", sa.Double(), nullable=True),
        sa.Column("cancel_requested_at", sa.Double(), nullable=True),
        sa.Column("token", sa.String(32), nullable=True),
        sa.Column("worker", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_owner", "jobs", ["owner"])
    op.create_index("ix_jobs_status", "jobs", ["status"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_owner", "uploads", ["owner"])
    op.create_table(
        "runs",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.String(12), nullable=False),
        sa.Column("model", sa.String(60), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_runs_dataset_id"),
        sa.ForeignKeyConstraint(["id"], ["jobs.id"], name="fk_runs_id"),
    )
    op.create_index("ix_runs_dataset_id", "runs", ["dataset_id"])
    op.create_index("ix_runs_owner", "runs", ["owner"])
    op.create_table(
        "embeddings",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(12), nullable=True),
        sa.Column("dataset_id", sa.String(12), nullable=True),
        sa.Column("n_keys", sa.BigInteger(), nullable=False),
        sa.Column("vector_size", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_embeddings"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_embeddings_dataset_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_embeddings_run_id"),
    )
    op.create_index("ix_embeddings_dataset_id", "embeddings", ["dataset_id"])
    op.create_index("ix_embeddings_owner", "embeddings", ["owner"])
    op.create_index("ix_embeddings_run_id", "embeddings", ["run_id"])
    op.create_table(
        "projections",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("embedding_id", sa.String(12), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("n_components", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projections"),
        sa.ForeignKeyConstraint(["embedding_id"], ["embeddings.id"], name="fk_projections_embedding_id"),
    )
    op.create_index("ix_projections_embedding_id", "projections", ["embedding_id"])
    op.create_index("ix_projections_owner", "projections", ["owner"])


def downgrade() -> None:
    op.drop_table("projections")
    op.drop_table("embeddings")
    op.drop_table("runs")
    op.drop_table("uploads")
    op.drop_table("jobs")
    op.drop_table("datasets")
