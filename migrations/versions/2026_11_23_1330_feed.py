"""The feed."""

revision = "2026_11_23_1330"
down_revision = "2026_11_23_1320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
