"""Whether a response says the same as an answer in other mathematics, and how much of it: scored 0 to 1.

By computer algebra, which works in a process of its own and may not come to an end: then the values at a few points
decide, which have been compared before.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from domain.algebra.grammar import NotMathematics, Tree, parse, parse_statement
from domain.algebra.numeric import alike, proportional, size, tidied, variables
from domain.algebra.process import Algebra
from domain.grading import ASKS_FORM, RIGHT, WRONG
from domain.wording import denies, normalised, without_lead, words

UNFINISHED = Decimal("0.50")
"""For what is equal to the answer but not in the form that the question asks for."""
MOST_VALUES = 10

_SEGMENT = re.compile(r"\$\$(.+?)\$\$|\\\((.+?)\\\)", re.S)
_EITHER_SIGN = re.compile(r"\u00b1|\\pm(?![a-z])")
_FACTOR = re.compile(r"\bfactor", re.I)
_EXPAND = re.compile(r"\b(?:expand|multiply)", re.I)
_GROUPING = re.compile(r"(?<![0-9.,])([1-9][0-9]{0,2}),(?=[0-9]{3}(?![0-9,]))")
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")


async def equivalence(response: str, answer: str, question: str, algebra: Algebra) -> Decimal:
    """The score of a mathematical response that is not the answer word for word.

    Of several values in any order each counts; of a point all must be right. More values than one where there is only
    one to give are a guess. What only repeats the question's own expression is no answer, and what leaves undone what
    the question asks for, as factoring, is half of one.
    """
    try:
        wanted_ordered, wanted = _read(answer)
        ordered, given = _read(response, alone=not wanted_ordered and len(wanted) == 1)
    except NotMathematics:
        return WRONG
    if ordered != wanted_ordered or len(given) > MOST_VALUES or len(wanted) > MOST_VALUES:
        return WRONG
    if ordered:
        same = [await _same(one, other, algebra) for one, other in zip(given, wanted, strict=False)]
        return RIGHT if len(given) == len(wanted) and all(same) else WRONG
    if len(given) == len(wanted) == 1:
        return await _single(given[0], wanted[0], question, algebra)
    if len(wanted) == 1:
        return WRONG
    matched = await _matched(given, wanted, algebra)
    share = Decimal(matched) / max(len(given), len(wanted))
    return share.quantize(Decimal("0.01"))


def _read(text: str, *, alone: bool = False) -> tuple[bool, list[list[Tree]]]:
    """The statements of a text; where only one is wanted, a comma between two digits is part of a number."""
    if alone:
        text = _DECIMAL_COMMA.sub(".", _GROUPING.sub(r"\1", text))
    text = without_lead(normalised(re.sub(r"\$\$\s+\$\$", ", ", text), mathematical=True)).lstrip("=\u2248 ")
    if denies([word for word in words(text) if word != "or"]):
        raise NotMathematics("it is said not to be so")
    if len(_EITHER_SIGN.findall(text)) == 1 and "," not in text:
        text = ",".join(_EITHER_SIGN.sub(sign, text) for sign in "+-")
    return parse_statement(text)


async def _single(given: list[Tree], wanted: list[Tree], question: str, algebra: Algebra) -> Decimal:
    if len(given) == 2 and len(wanted) == 1 and not _names_value(given) and await _same(given[:1], given[1:], algebra):
        # Working that comes to what stands at its end
        given = given[1:]
    if not await _same(given, wanted, algebra):
        return WRONG
    if len(given) > 1 or len(wanted) > 1 or not ASKS_FORM.search(question):
        return RIGHT
    tree, answer = tidied(given[0]), tidied(wanted[0])
    if tree in _expressions(question) and tree != answer:
        return WRONG
    if _FACTOR.search(question) and _is_product(answer) and not _is_product(tree):
        return UNFINISHED
    if _EXPAND.search(question) and not _is_product(answer) and _is_product(tree) and size(tree) > 1:
        return UNFINISHED
    return RIGHT if size(tree) <= 2 * size(answer) + 2 else UNFINISHED


async def _matched(given: Sequence[list[Tree]], wanted: Sequence[list[Tree]], algebra: Algebra) -> int:
    left = list(wanted)
    matched = 0
    for one in given:
        for other in left:
            if await _same(one, other, algebra):
                left.remove(other)
                matched += 1
                break
    return matched


async def _same(one: list[Tree], other: list[Tree], algebra: Algebra) -> bool:
    """Whether two statements are; `x = 5` and `5` say the same, and so do `x + 1 = 3` and `2x = 4`."""
    if len(one) == len(other) == 2 and not (_names_value(one) and _names_value(other)):
        return proportional(_difference(one), _difference(other))
    if len(one) == len(other) == 2 and one[0] != other[0]:
        return False
    left, right = (sides[-1] if _names_value(sides) or len(sides) == 1 else None for sides in (one, other))
    if left is None or right is None or not alike(left, right):
        return False
    if bool(variables(left)) != bool(variables(right)):
        # Whatever is multiplied by 0 is 0.
        return False
    return left == right or await algebra.same(left, right) is not False


def _names_value(sides: list[Tree]) -> bool:
    return len(sides) == 2 and sides[0][0] == "v"


def _difference(sides: list[Tree]) -> Tree:
    return ["+", sides[0], ["-", sides[1]]]


def _is_product(tree: Tree) -> bool:
    """Whether the last thing done is a multiplication or a power."""
    return _is_product(tree[1]) if tree[0] == "-" else tree[0] in {"*", "^"}


def _expressions(question: str) -> list[Tree]:
    """What stands between the delimiters of a question, as far as it can be read."""
    found = []
    for segment in _SEGMENT.finditer(question):
        try:
            found.append(tidied(parse(normalised(segment[1] or segment[2], mathematical=True))))
        except NotMathematics:
            continue
    return found
