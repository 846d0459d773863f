"""Workspaces, API keys, scopes: who is calling."""
