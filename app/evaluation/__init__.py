"""Evaluation: which plans are due, what tolerances say of them as of an instant, and the log of it."""
