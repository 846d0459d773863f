"""The due column of plans, and the log of evaluations."""

revision = "2026_11_23_1300"
down_revision = "2026_11_23_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
