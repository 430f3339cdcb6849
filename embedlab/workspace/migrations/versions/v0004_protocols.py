"""Evaluation protocols: how a dataset is divided, and under which division a run is judged.

Null stands for the default protocol of a dataset. Of a run it stands for no split, and, for runs from before this
version that were judged on a test part, for a split by the seed among their parameters.
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
