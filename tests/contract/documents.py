"""The parts of the documentation that are made from the code; `make docs` writes them, a test compares them."""

from pathlib import Path

import app.main  # noqa: F401 - a problem type is known once its module is loaded
from app.access.service import SCOPE_DESCRIPTIONS
from app.kit.problems import Problem, explanation, registry
from app.settings import environment_table

ROOT = Path(__file__).resolve().parents[2]


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _problem(kind: type[Problem]) -> tuple[str, ...]:
    told = explanation(kind)
    return (f"`{kind.slug}`", str(kind.status), kind.title, told.what, told.why, told.advice)


def _problems() -> str:
    ours = [kind for kind in registry() if kind.__module__.startswith("app.")]
    header = ("code", "status", "title", "what happened", "why", "what to do")
    return _table(header, [_problem(kind) for kind in ours])


def _scopes() -> str:
    return _table(("scope", "what it allows"), [(f"`{s.value}`", text) for s, text in SCOPE_DESCRIPTIONS.items()])


MADE = {
    ("README.md", "scopes"): _scopes,
    ("docs/configuration.md", "settings"): environment_table,
    ("docs/problems.md", "problems"): _problems,
}
"""What makes each part, by file and name of the part."""


def edges(part: str) -> tuple[str, str]:
    """The lines between which a part stands."""
    return f"<!-- begin {part} -->\n", f"<!-- end {part} -->\n"


def main() -> None:
    """Write every part into its file."""
    for (name, part), make in MADE.items():
        path, (begin, end) = ROOT / name, edges(part)
        head, _, rest = path.read_text(encoding="utf-8").partition(begin)
        _, _, tail = rest.partition(end)
        path.write_text(f"{head}{begin}\n{make()}\n\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
