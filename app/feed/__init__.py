"""The feed: everything that was announced, in one order that nobody can miss a part of, and its stream."""
