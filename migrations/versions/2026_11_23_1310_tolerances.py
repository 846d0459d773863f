"""Tolerances and their versions."""

revision = "2026_11_23_1310"
down_revision = "2026_11_23_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
