"""Variance: baseline against what happened and what is expected."""
