"""docs/errors.md lists the codes that the source has, and no others."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import Code

ROOT = Path(__file__).parents[1]
RAISED_BY = {"BadRequest", "Rejected", "TranscriptUnavailable", "_coded", "refused"}
"""What is called with a code."""


def _listed() -> dict[str, list[str]]:
    sections = re.split(r"^## ", (ROOT / "docs/errors.md").read_text(), flags=re.M)[1:]
    row = re.compile(r"^\| `([A-Z_]+)` \| \S.*\. \| \S.*\. \|$", re.M)
    return {section.partition("\n")[0]: row.findall(section) for section in sections}


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        found: list[ast.expr] = []
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in RAISED_BY:
                found = arguments
            case ast.Dict(keys=[ast.Constant(value="code")], values=values):
                found = values
            case ast.Assign(targets=[ast.Name(id="code")], value=value):
                found = [value]
        for expression in found:
            if isinstance(expression, ast.Constant) and re.fullmatch(r"[A-Z_]{5,}", str(expression.value)):
                yield str(expression.value)


def test_every_code_of_an_error_is_listed_once() -> None:
    files = [path for part in ("schema", "domain", "db") for path in (ROOT / part).rglob("*.py")]
    raised = {code for path in files for code in _codes(ast.parse(path.read_text()))}
    assert len(raised) > 20
    assert sorted(_listed()["extensions.code"]) == sorted(raised)


def test_every_code_of_a_refusal_is_listed_once() -> None:
    assert sorted(_listed()["userErrors"]) == sorted(code.value for code in Code)


@pytest.mark.parametrize("part", ["extensions.code", "userErrors"])
def test_every_row_says_when_and_what_to_do(part: str) -> None:
    section = (ROOT / "docs/errors.md").read_text().split(f"## {part}\n")[1].partition("\n## ")[0]
    assert len(re.findall(r"^\| `", section, re.M)) == len(_listed()[part])
