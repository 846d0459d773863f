"""Evidence: what a plan takes for granted, where it has that from, and what depends on it."""
