"""Alembic's surroundings: the connection and its transaction come from `adapters.sql.migrate`."""

from __future__ import annotations

from alembic import context

from adapters.sql.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
