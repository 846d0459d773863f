"""The Python client is generated before anything of it is imported."""

from clients.python.generate import generate

generate()
