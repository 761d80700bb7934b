"""The record in SQL. What others use: `adapters.sql.store.SqlStore`, and `upgrade`, `current`, `head` of
`adapters.sql.migrate`."""
