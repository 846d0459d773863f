"""Assignments: which resource does the work of which milestone, handed over by whom to whom, and how much that is."""
