"""The outcome of a plan: what became of it against what was intended, and sealed when it is closed."""
