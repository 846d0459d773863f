"""Service of evaluation."""
