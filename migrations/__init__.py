"""The history of the database schema: one tree of migrations for SQLite and PostgreSQL."""
