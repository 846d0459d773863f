"""Whole stories over HTTP, on real input."""
