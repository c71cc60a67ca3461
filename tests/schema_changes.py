"""Tells changes of the schema that break clients from safe ones: `make check` runs `python -m tests.schema_changes`.

The SDL that clients hold, of the last release, is tests/schema/released.graphql; so any copy of the sources can be
checked, with or without history. What breaks since then has to be declared under "Breaking" in the CHANGELOG's
"Unreleased", by its place, such as `Goal.goalType`. A release begins anew: `python -m tests.schema_changes --release`.
"""

import re
import sys
from pathlib import Path

from graphql import build_schema, parse, print_ast
from graphql.utilities import find_schema_changes
from graphql.utilities.find_schema_changes import BreakingChange, DangerousChange

ROOT = Path(__file__).parents[1]
CURRENT = ROOT / "schema" / "schema.graphql"
RELEASED = ROOT / "tests" / "schema" / "released.graphql"
CHANGELOG = ROOT / "CHANGELOG.md"

_DESCRIPTION = re.compile(r'^ *"""(?:.|\n)*?(?<!\\)"""\n', re.M)
_PLACE = re.compile(r"@\w+(?:\(\w+:\))?|\w+\.\w+(?:\(\w+:\))?")


def undeclared(released: str, current: str, changelog: str) -> tuple[list[str], str]:
    """What breaks and is not declared, a sentence each; and how many changes of each kind there are."""
    breaking, declared, dangerous, safe = [], 0, 0, 0
    places = declared_places(changelog)
    for change in find_schema_changes(build_schema(released), build_schema(without_descriptions(current))):
        if not isinstance(change, BreakingChange):
            dangerous += isinstance(change, DangerousChange)
            safe += not isinstance(change, DangerousChange)
        elif place_of(change.description) in places:
            declared += 1
        else:
            breaking.append(f"{change.description} (`{place_of(change.description)}`)")
    counted = f"{len(breaking) + declared} breaking, {declared} of them declared; {dangerous} dangerous; {safe} safe"
    return sorted(breaking), counted


def declared_places(changelog: str) -> set[str]:
    """Everything in backticks under "### Breaking" of "## Unreleased"."""
    unreleased = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", changelog, re.S | re.M)
    breaking = unreleased and re.search(r"^### Breaking\n(.*?)(?=^### |\Z)", unreleased[1], re.S | re.M)
    return set(re.findall(r"`([^`]+)`", breaking[1])) if breaking else set()


def place_of(description: str) -> str:
    """Where it is that something changed, as a schema coordinate."""
    found = _PLACE.search(description)
    return found[0] if found else description.removeprefix("Standard scalar ").split()[0]


def without_descriptions(sdl: str) -> str:
    """The SDL without what it says to people."""
    return f"{print_ast(parse(_DESCRIPTION.sub('', sdl)))}\n"


def main(words: list[str]) -> str | None:
    """What is wrong, in sentences; None when nothing breaks unsaid."""
    if words == ["--release"]:
        RELEASED.write_text(without_descriptions(CURRENT.read_text(encoding="utf-8")), encoding="utf-8")
        return None
    released, current, changelog = (path.read_text(encoding="utf-8") for path in (RELEASED, CURRENT, CHANGELOG))
    breaking, counted = undeclared(released, current, changelog)
    print(f"The schema since its last release: {counted}.")
    if not breaking:
        return None
    return "\n".join(
        [
            *breaking,
            'These break clients: keep it, or say so in the CHANGELOG, under "### Breaking" of "Unreleased",',
            "with each place in backticks as above.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
