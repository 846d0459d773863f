"""Objectives: long-term goals in a tree, that plans contribute to."""
