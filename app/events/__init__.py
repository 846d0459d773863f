"""Execution events, append-only."""
