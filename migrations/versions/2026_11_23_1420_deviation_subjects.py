"""Room for what deviations are about besides milestones, beside the milestone's key."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1420"
down_revision = "2026_11_23_1410"
branch_labels = None
depends_on = None

PLACE = sa.String(length=400, collation="C")


def upgrade() -> None:
    if on_postgresql():  # SQLite heeds no lengths
        op.alter_column("deviations", "milestone", type_=PLACE, existing_type=columns.KEY, existing_nullable=False)


def downgrade() -> None:
    if on_postgresql():
        op.alter_column("deviations", "milestone", type_=columns.KEY, existing_type=PLACE, existing_nullable=False)


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
