"""Service of tolerances."""
