"""Which decision stands behind a baseline."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1425"
down_revision = "2026_11_23_1420"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("baselines", sa.Column("decision", columns.KEY, nullable=True))


def downgrade() -> None:
    op.drop_column("baselines", "decision")
