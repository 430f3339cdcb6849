"""The identity of the workspace: one row with the id that is also in a file of the folder."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workspace_identity",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.String(12), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name="pk_workspace_identity"),
    )


def downgrade() -> None:
    op.drop_table("workspace_identity")
