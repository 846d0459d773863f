"""Tests at the HTTP edge: only requests and responses."""
