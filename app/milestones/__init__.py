"""Milestones and dependencies of a plan."""
