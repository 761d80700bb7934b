"""Texts for one person are found by that person.

Adds only an index: rows that are there stay as they are.

Revision: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("writing_person", "writing", ["person_no", "content"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("writing_person", "writing")
