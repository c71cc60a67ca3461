"""Expressions as students type them and as LaTeX writes them, into trees that can be computed with.

A grammar of its own, and a small one: nothing is ever evaluated as code. What does not fit is not mathematics here,
and is compared as text. `xy` is x times y; `1/2x` goes from left to right, (1/2) times x; `i` is the imaginary unit,
`e` Euler's number.
"""

import re
from fractions import Fraction
from typing import Any, TypeAlias

Tree: TypeAlias = list[Any]
"""["+", a, b], ["*", a, b], ["/", a, b], ["^", a, b], ["-", a], ["f", name, a], ["n", "3/2"], ["v", "x"]; as JSON."""

LONGEST = 400
"""Characters; anything longer is not read."""
DEEPEST = 30
MOST_TOKENS = 250
MOST_DIGITS = 30
FUNCTIONS = frozenset({"sqrt", "sin", "cos", "tan", "ln", "log", "exp", "abs"})
CONSTANTS = frozenset({"pi", "e", "i"})

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*|\.\d+)|(?P<command>\\[a-z]+)|(?P<word>[a-z]+|\u03c0)|(?P<sign>\*\*|[-+*/^(){}\[\],=\u2248\u221a]))"
)
_SIGNS = {"\\cdot": "*", "\\times": "*", "\\div": "/", "**": "^", "\u221a": "\\sqrt", "\u2248": "="}
_SKIPPED = frozenset({"\\left", "\\right", "\\displaystyle"})
_OPEN = {"(": ")", "[": "]", "{": "}"}
_BETWEEN = re.compile(r"\b(?:and|or)\b|;")


class NotMathematics(ValueError):
    """A text that the grammar does not read."""


def parse(text: str) -> Tree:
    """The tree of one expression. Raises NotMathematics."""
    (tree,) = _one(_Reader(_tokens(text)).all())
    return tree


def parse_statement(text: str) -> tuple[bool, list[list[Tree]]]:
    """A text that may be several expressions or equations: whether their order counts, and the sides of each.

    `(2, -3)` is a point, whose order counts; `2, -3`, `{2, -3}` and `x = 2 or x = -3` are values in any order. `4 = x`
    is x = 4. Raises NotMathematics.
    """
    text = _BETWEEN.sub(",", text)
    tokens = _tokens(text)
    ordered = _is_wrapped(tokens, "([", ")]")
    if ordered or _is_wrapped(tokens, "{", "}"):
        tokens = tokens[1:-1]
    reader = _Reader(tokens)
    statements = reader.all()
    if any(len(sides) > 2 for sides in statements):
        raise NotMathematics("an equation has two sides")
    return ordered, [sides[::-1] if len(sides) == 2 and _is_solved_right(*sides) else sides for sides in statements]


def _is_solved_right(left: Tree, right: Tree) -> bool:
    """Whether an equation gives the value of the unknown on its right."""
    return _is_unknown(right) and not _is_unknown(left)


def _is_unknown(tree: Tree) -> bool:
    return tree[0] == "v" and tree[1] not in CONSTANTS


def _one(statements: list[list[Tree]]) -> list[Tree]:
    if len(statements) != 1 or len(statements[0]) != 1:
        raise NotMathematics("one expression is wanted")
    return statements[0]


def _tokens(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise NotMathematics("too long")
    tokens: list[str] = []
    place, text = 0, text.strip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise NotMathematics(f"`{text[place]}` is not read")
        place = found.end()
        token = found[found.lastgroup or 0]
        if token in _SKIPPED:
            continue
        tokens += _letters(token) if found.lastgroup == "word" else [_SIGNS.get(token, token)]
    if len(tokens) > MOST_TOKENS:
        raise NotMathematics("too long")
    return tokens


def _letters(word: str) -> list[str]:
    """A function, a constant, or a product of up to three letters."""
    if word == "\u03c0":
        return ["pi"]
    if word in FUNCTIONS or word in CONSTANTS:
        return [word]
    for name in ("sqrt", "root"):
        if word.endswith(name):
            word = word.removesuffix(name)
            return [*(_letters(word) if word else []), "\\sqrt"]
    if len(word) > 3:
        raise NotMathematics("words are not read")
    return list(word)


def _is_wrapped(tokens: list[str], opening: str, closing: str) -> bool:
    """Whether one pair of such brackets stands around values with commas."""
    if len(tokens) < 5 or tokens[0] not in opening or tokens[-1] not in closing:
        return False
    depth, commas = 0, 0
    for place, token in enumerate(tokens):
        depth += (token in _OPEN) - (token in _OPEN.values())
        if depth == 0 and place < len(tokens) - 1:
            return False
        commas += depth == 1 and token in {","}
    return commas > 0


def _is_number(token: str) -> bool:
    return token[0].isdigit() or token[0] == "."


class _Reader:
    """Recursive descent, with a limit to how deep it goes."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def all(self) -> list[list[Tree]]:
        """Statements between commas, each as its sides between equals signs."""
        statements = [[self._sum()]]
        while self._next in {",", "="}:
            if self._take() == ",":
                statements.append([self._sum()])
            else:
                statements[-1].append(self._sum())
        if self._next:
            raise NotMathematics(f"`{self._next}` is out of place")
        return statements

    @property
    def _next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self, wanted: str | None = None) -> str:
        token = self._next
        if not token or (wanted is not None and token != wanted):
            raise NotMathematics(f"`{wanted or 'more'}` is wanted")
        self._place += 1
        return token

    def _sum(self) -> Tree:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotMathematics("too deep")
        tree = self._product()
        while self._next in {"+", "-"}:
            sign, right = self._take(), self._product()
            tree = ["+", tree, right if sign == "+" else ["-", right]]
        self._depth -= 1
        return tree

    def _product(self) -> Tree:
        tree = self._signed()
        while True:
            if self._next in {"*", "/"}:
                tree = [self._take(), tree, self._signed()]
            elif self._begins_factor():
                if _is_number(self._next) and _is_number(self._tokens[self._place - 1]):
                    raise NotMathematics("a number follows without a sign")
                tree = ["*", tree, self._power()]
            else:
                return tree

    def _begins_factor(self) -> bool:
        token = self._next
        return bool(token) and (token in _OPEN or token[0] in "\\." or token[0].isalnum())

    def _signed(self) -> Tree:
        signs = 0
        while self._next in {"+", "-"}:
            signs += self._take() == "-"
        tree = self._power()
        return ["-", tree] if signs % 2 else tree

    def _power(self) -> Tree:
        base = self._atom()
        if self._next != "^":
            return base
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotMathematics("too deep")
        self._take()
        tree = ["^", base, self._signed()]
        self._depth -= 1
        return tree

    def _atom(self) -> Tree:
        token = self._take()
        if token in _OPEN:
            tree = self._sum()
            self._take(_OPEN[token])
            return tree
        if token in {"\\frac"}:
            above = self._group()
            return ["/", above, self._group()]
        if token in {"\\sqrt"}:
            return self._root()
        name = token.removeprefix("\\")
        if name in FUNCTIONS:
            return ["f", name, self._atom() if self._next in _OPEN else self._signed()]
        if name in CONSTANTS or (len(token) == 1 and token.isalpha()):
            return ["v", name]
        if _is_number(token):
            if len(token) > MOST_DIGITS:
                raise NotMathematics("a number is too long")
            return ["n", str(Fraction(token))]
        raise NotMathematics(f"`{token}` is out of place")

    def _group(self) -> Tree:
        self._take("{")
        tree = self._sum()
        self._take("}")
        return tree

    def _root(self) -> Tree:
        if self._next != "[":
            return ["f", "sqrt", self._group() if self._next == "{" else self._atom()]
        self._take()
        index = self._sum()
        self._take("]")
        return ["^", self._group(), ["/", ["n", "1"], index]]
