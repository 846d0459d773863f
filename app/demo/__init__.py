"""The demonstration: the release plan of CPython 3.13, as it was announced, re-planned and carried out."""
