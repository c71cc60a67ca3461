"""What is asked of each side, and what an answer comes down to, whoever gave it."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bench.school import named

_FOLDER = Path(__file__).parent / "operations"
PAGE = 100
"""The most that our server gives of a list at once; more takes as many lists in one operation."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation, by one person."""

    operation: str
    """Row, Home, Dashboard or List."""
    viewer: str
    """The token's subject, which is the name of the person's row as well."""
    students: int = 20
    """How many a dashboard shows."""

    @property
    def viewer_id(self) -> UUID:
        """Of the person's row."""
        return named(self.viewer)

    @property
    def row(self) -> UUID:
        """The session that is asked for as one row: a different one for each viewer."""
        student = int(self.viewer.partition("-")[2]) * 20
        return named(f"session-{student}-{student % 40}")


OPERATIONS = {
    "Row": "one row by id",
    "Home": "student's home",
    "Dashboard": "tutor's dashboard",
    "List": "100 sessions",
}


class Documents:
    """The operations of one side's file, each with the fragments that it uses and no others."""

    def __init__(self, side: str) -> None:
        parts = re.split(r"\n\n(?=query |fragment )", (_FOLDER / f"{side}.graphql").read_text().strip())
        self._parts = {part.split()[1].partition("(")[0]: part for part in parts}

    def text(self, operation: str) -> str:
        """As it is sent."""
        used, waiting = [operation], [operation]
        while waiting:
            for name in re.findall(r"\.\.\.(\w+)", self._parts[waiting.pop()]):
                if name not in used:
                    used.append(name)
                    waiting.append(name)
        return "\n".join(self._parts[name] for name in used)


def cursors(students: int) -> dict[str, str]:
    """Where the second to fifth hundred of a class begin, as our server's cursors have it."""
    places = {}
    for number, name in enumerate(("second", "third", "fourth", "fifth")[: students // PAGE - 1]):
        last = (number + 1) * PAGE - 1
        place = ["by email", f"student-{last:07}@school.test", named(f"student-{last}").hex]
        places[name] = urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    return places


# What an answer comes down to


def essence(answer: Any) -> Any:
    """What was answered, without what the sides differ in: the wrapping of lists, spelling, the order of students."""
    (found,) = answer["data"].values()
    return _essence("", found)


def _essence(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.keys() == {"nodes"}:
            return _essence(name, value["nodes"])
        if value.keys() == {"student"}:
            return _essence("", value["student"])
        found = {"id" if key == "rowId" else key: _essence(key, each) for key, each in value.items()}
        for more in ("second", "third", "fourth", "fifth"):
            if more in found:
                found["students"] += found.pop(more)
        if "students" in found:
            found["students"] = sorted(found["students"], key=lambda student: str(student["id"]))
        return found
    if isinstance(value, list):
        return [_essence("", each) for each in value]
    if name in {"id", "rowId"}:
        return _row_id(value)
    if name.endswith(("At", "sessionDate")) and value is not None:
        return datetime.fromisoformat(value)
    if name == "completionPercentage":
        return float(value)
    return value.lower() if name == "status" else value


def _row_id(value: str) -> UUID:
    with suppress(ValueError):
        return UUID(value)
    return UUID(hex=urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode().partition(":")[2])
