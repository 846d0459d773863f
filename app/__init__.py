"""Leeway: how far has the execution drifted from the plan, and how much room is left?"""
