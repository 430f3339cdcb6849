"""Yardsticks for a dataset's embeddings: the user's own checks, and uploaded pairs and analogies."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "yardsticks",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("dataset_id", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_yardsticks"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_yardsticks_dataset_id"),
    )
    op.create_index("ix_yardsticks_dataset_id", "yardsticks", ["dataset_id"])
    op.create_index("ix_yardsticks_owner", "yardsticks", ["owner"])


def downgrade() -> None:
    op.drop_table("yardsticks")
