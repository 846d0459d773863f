"""The gate before a release: nothing breaks clients unless the version says so, and the changelog names what is new.

`make check` runs it, `make openapi` writes the changelog's part, `make release` makes a release (docs/adr/0026).
"""

import argparse
import json
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from tests.contract.contract_changes import changes
from tests.contract.schema_changes import Change, Json

UNRELEASED = "## [Unreleased]\n"
BEGIN, END = "<!-- begin contract -->\n", "<!-- end contract -->\n"
Version = tuple[int, int, int]


class Refused(Exception):
    """What stands in the way, and what to do about it."""


def numbers(version: str) -> Version:
    """A version as numbers.

    Raises:
        Refused: it is not `major.minor.patch`.
    """
    if not (found := re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version)):
        raise Refused(f"A version is three numbers, like 1.4.0, not {version!r}.")
    return int(found[1]), int(found[2]), int(found[3])


def lowest(released: Version, found: list[Change]) -> Version:
    """The lowest version that says what has changed (semver.org; before 1.0 the minor number says that it breaks)."""
    major, minor, patch = released
    if any(change.breaking for change in found):
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)
    return (major, minor + 1, 0) if found and major else (major, minor, patch)


def told(found: list[Change], line: str) -> Iterator[str]:
    """A line for each change, from `{rating}`, `{place}`, `{others}` and `{what}`; once for many operations."""
    groups: dict[tuple[bool, str, str], list[Change]] = defaultdict(list)
    for change in found:
        operation, space, rest = change.place.partition(" ")
        within = rest.partition(" ")[2] if space else operation
        groups[change.breaking, within, change.what].append(change)
    for first, *others in groups.values():
        yield line.format(
            rating="breaking" if first.breaking else "addition",
            place=first.place,
            others=f" and {len(others)} others" if others else "",
            what=first.said,
        )


def contract_part(old: Json, new: Json, found: list[Change]) -> str:
    """What the changelog says of the contract; nothing, if nothing has changed."""
    if not found:
        return ""
    line = "- {rating} `{place}`{others}: {what}"
    lines = [
        text.replace("- breaking ", "- **breaking** ").replace("- addition ", "- ") for text in told(found, line)
    ]
    since = f"Compared with {old['info']['version']}; `make openapi` writes this."
    return "\n".join([BEGIN, "### Contract\n", since, "", *lines, "", END])


def with_part(changelog: str, part: str) -> str:
    """The changelog with this as what its unreleased part says of the contract."""
    before, begin, rest = changelog.partition(BEGIN)
    if begin:
        changelog = before + rest.partition(END)[2].lstrip("\n")
    head, heading, tail = changelog.partition(UNRELEASED)
    if not heading:
        raise Refused(f"CHANGELOG.md has no part {UNRELEASED.strip()!r}.")
    return f"{head}{heading}\n{part}{chr(10) if part else ''}{tail.lstrip(chr(10))}"


def released(changelog: str, version: str, day: date) -> str:
    """The changelog with what was unreleased as the part of this version."""
    plain = changelog.replace(BEGIN + "\n", "").replace(END + "\n", "").replace("; `make openapi` writes this.", ".")
    return plain.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day}\n", 1)


class Folder:
    """A checkout: its documents and its changelog."""

    def __init__(self, path: Path) -> None:
        self.document, self.last = path / "openapi/openapi.json", path / "openapi/released.json"
        self.changelog, self.project = path / "CHANGELOG.md", path / "pyproject.toml"

    def compared(self) -> tuple[Json, Json, list[Change]]:
        """The document of the last release, the one of now, and what differs.

        Raises:
            Refused: nothing was released yet.
        """
        if not self.last.exists():
            raise Refused(
                "openapi/released.json, the document of the last release, is missing. "
                "Take it from the repository, or make a first release: make release VERSION=…"
            )
        old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (self.last, self.document))
        return old, new, changes(old, new)

    def check(self) -> Iterator[str]:
        """Each difference from the last release.

        Raises:
            Refused: clients break and the version does not say so, or the changelog does not name what is new.
        """
        old, new, found = self.compared()
        yield from told(found, "{rating}  {place}{others}: {what}")
        was, now = numbers(old["info"]["version"]), numbers(new["info"]["version"])
        needed = lowest(was, [change for change in found if change.breaking])
        if now < needed:
            raise Refused(
                f'This breaks clients of {_text(was)}. Take it back; or say so by version = "{_text(needed)}" in '
                "pyproject.toml, and run make openapi."
                if needed > was
                else f"The version {_text(now)} is older than the released {_text(was)}."
            )
        changelog = self.changelog.read_text(encoding="utf-8")
        part = contract_part(old, new, found)
        if with_part(changelog, part) != changelog:
            unnamed = [line for line in part.splitlines() if line.startswith("- ") and line not in changelog]
            raise Refused("\n".join(["CHANGELOG.md is not up to date: run make openapi. It does not say:", *unnamed]))

    def write_changelog(self) -> None:
        """Write into the changelog what differs from the last release, if there was one."""
        if self.last.exists():
            old, new, found = self.compared()
            changelog = self.changelog.read_text(encoding="utf-8")
            self.changelog.write_text(with_part(changelog, contract_part(old, new, found)), encoding="utf-8")

    def set_version(self, version: str) -> None:
        """Write the version of the next release."""
        numbers(version)
        project = self.project.read_text(encoding="utf-8")
        changed = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', project, count=1)
        self.project.write_text(changed, encoding="utf-8")

    def release(self, day: date) -> None:
        """Make the document of now the released one, and close the changelog's unreleased part.

        Raises:
            Refused: the gate is closed, or the version does not say what has changed.
        """
        if self.last.exists():
            list(self.check())
            old, new, found = self.compared()
            was, now = numbers(old["info"]["version"]), numbers(new["info"]["version"])
            needed = max(lowest(was, found), (was[0], was[1], was[2] + 1))
            if now < needed:
                raise Refused(f"After {_text(was)}, with what has changed, comes {_text(needed)} or later.")
        version = json.loads(self.document.read_text(encoding="utf-8"))["info"]["version"]
        changelog = self.changelog.read_text(encoding="utf-8")
        self.changelog.write_text(released(changelog, version, day), encoding="utf-8")
        shutil.copyfile(self.document, self.last)


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def main() -> None:
    """Run one of the commands; 1 is the exit status when it is refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.release", description=__doc__)
    parser.add_argument("command", choices=["check", "changelog", "version", "release"])
    parser.add_argument("version", nargs="?", default="")
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parents[2])
    asked = parser.parse_args()
    folder = Folder(asked.folder)
    try:
        if asked.command == "check":
            for line in folder.check():
                sys.stdout.write(f"{line}\n")
        elif asked.command == "changelog":
            folder.write_changelog()
        elif asked.command == "version":
            folder.set_version(asked.version)
        else:
            folder.release(datetime.now(UTC).date())
    except Refused as refusal:
        sys.stdout.flush()
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
