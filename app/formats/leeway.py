"""Leeway's own plan document, as JSON and as YAML."""

from collections.abc import Mapping
from typing import Any

import yaml


def to_yaml(document: Mapping[str, Any]) -> str:
    """A document as YAML in block style, in the order of its keys."""
    return yaml.dump(dict(document), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
