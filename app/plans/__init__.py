"""Plans, their revisions and baselines."""
