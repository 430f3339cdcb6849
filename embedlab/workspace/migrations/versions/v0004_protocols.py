"""Evaluation protocols: how a dataset is split, and which split a run is evaluated on.

For a dataset, null means the default protocol. For a run, it means no split, or, for runs of earlier versions that were
evaluated on a test part, a split with the seed in their parameters.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("protocol", sa.JSON(), nullable=True))
    op.add_column("runs", sa.Column("protocol", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "protocol")
    op.drop_column("datasets", "protocol")
