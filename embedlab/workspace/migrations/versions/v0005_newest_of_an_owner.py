"""Indices for lists, which show the newest rows of an owner."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDICES = {
    "ix_datasets_owner_created_at": ("datasets", ["owner", "created_at"]),
    "ix_runs_owner_created_at": ("runs", ["owner", "created_at"]),
    "ix_embeddings_owner_created_at": ("embeddings", ["owner", "created_at"]),
    "ix_jobs_owner_created_at": ("jobs", ["owner", "created_at"]),
    "ix_jobs_owner_kind_created_at": ("jobs", ["owner", "kind", "created_at"]),
    "ix_runs_owner_model_created_at": ("runs", ["owner", "model", "created_at"]),
}


def upgrade() -> None:
    for name, (table, columns) in _INDICES.items():
        op.create_index(name, table, columns, if_not_exists=True)


def downgrade() -> None:
    for name, (table, _) in _INDICES.items():
        op.drop_index(name, table)
