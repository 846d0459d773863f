"""Deviations, their transitions, corrective actions and reason codes."""

revision = "2026_11_23_1320"
down_revision = "2026_11_23_1310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
