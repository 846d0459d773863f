"""Service of deviations."""
