"""Liveness, readiness, limits and the problem registry."""
