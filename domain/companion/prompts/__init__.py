"""The instructions to the model: files with a version, `<name>.v<number>.md`.

A file that has been used is not edited; the next version is a new file, and the old one goes when nothing names it.
"""

import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to the model."""

    version: str
    """The file of the instructions, such as `summary.v1`."""
    instructions: str
    material: str
    """What it is to work on: JSON, data and never instructions."""
    longest: int
    """Tokens that the answer may have."""
    small: bool = False
    """Whether the smaller model will do."""
    patience: float = math.inf
    """Seconds in which an answer is of use, all attempts together."""

    @property
    def most_tokens(self) -> int:
        """What the answer can cost at most: no token is shorter than a byte, most are about four."""
        return (len(self.instructions) + len(self.material.encode())) // 3 + self.longest


@dataclass(frozen=True, slots=True)
class Instructions:
    """One file."""

    version: str
    text: str

    def about(
        self, material: dict[str, Any], *, longest: int, small: bool = False, patience: float = math.inf
    ) -> Prompt:
        """These instructions with something to work on.

        JSON, because nothing that somebody said can end it: quotes and line ends inside are escaped.
        """
        return Prompt(self.version, self.text, orjson.dumps(material).decode(), longest, small, patience)


def instructions(name: str, version: int) -> Instructions:
    """The file `<name>.v<version>.md`. Raises FileNotFoundError."""
    stem = f"{name}.v{version}"
    return Instructions(stem, files(__package__).joinpath(f"{stem}.md").read_text(encoding="utf-8"))
