"""Trees by their values: a quick look, in plain floating point, at whether two can be the same.

Whatever grows too large to compute, `9^9^9^9`, overflows at once and compares with nothing.
"""

import cmath
import random
from collections.abc import Callable, Mapping
from fractions import Fraction

from domain.algebra.grammar import Tree

POINTS = 8
TOLERANCE = 1e-9

_FUNCTIONS: Mapping[str, Callable[[complex], complex]] = {
    "sqrt": cmath.sqrt,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "ln": cmath.log,
    "log": cmath.log10,
    "exp": cmath.exp,
    "abs": lambda value: complex(abs(value)),
}
_CONSTANTS: Mapping[str, complex] = {"pi": cmath.pi + 0j, "e": cmath.e + 0j, "i": 1j}


def variables(tree: Tree) -> set[str]:
    """The names of the unknowns."""
    if tree[0] == "v":
        return set() if tree[1] in _CONSTANTS else {tree[1]}
    return set().union(*(variables(part) for part in tree[1:] if isinstance(part, list)))


def size(tree: Tree) -> int:
    """How many operations there are; a sign is none."""
    own = 0 if tree[0] in {"n", "v", "-"} else 1
    return own + sum(size(part) for part in tree[1:] if isinstance(part, list))


def tidied(tree: Tree) -> Tree:
    """The tree without sums with 0 and products with 1."""
    if tree[0] in {"n", "v"}:
        return tree
    parts = [tidied(part) if isinstance(part, list) else part for part in tree[1:]]
    neutral = {"+": ["n", "0"], "*": ["n", "1"]}.get(tree[0])
    if neutral is not None and neutral in parts:
        parts.remove(neutral)
        return list(parts[0])
    return [tree[0], *parts]


def value(tree: Tree, unknowns: Mapping[str, complex]) -> complex | None:
    """The value where the unknowns have these; None where there is none, or none that can be computed."""
    try:
        found = _value(tree, unknowns)
    except (ArithmeticError, ValueError, KeyError):
        return None
    return found if cmath.isfinite(found) else None


def _value(tree: Tree, unknowns: Mapping[str, complex]) -> complex:
    match tree:
        case ["n", text]:
            return complex(float(Fraction(text)))
        case ["v", name]:
            return _CONSTANTS[name] if name in _CONSTANTS else unknowns[name]
        case ["-", one]:
            return -_value(one, unknowns)
        case ["f", name, one]:
            return _FUNCTIONS[name](_value(one, unknowns))
        case ["+", one, other]:
            return _value(one, unknowns) + _value(other, unknowns)
        case ["*", one, other]:
            return _value(one, unknowns) * _value(other, unknowns)
        case ["/", one, other]:
            return _value(one, unknowns) / _value(other, unknowns)
        case ["^", one, other]:
            base, exponent = _value(one, unknowns), _value(other, unknowns)
            return complex(base**exponent)
    raise ValueError(f"no such node: {tree[0]}")


def values(tree: Tree, names: set[str]) -> list[complex | None]:
    """The values at a few points, always the same ones: unknowns are positive, as school takes them under roots."""
    chance = random.Random(20)  # noqa: S311 - points to look at
    found = []
    for _ in range(POINTS):
        unknowns = {name: complex(chance.uniform(0.3, 3)) for name in sorted(names)}
        found.append(value(tree, unknowns))
    return found


def alike(one: Tree, other: Tree) -> bool:
    """Whether two trees have the same value at every point where both have one, of which there must be half."""
    names = variables(one) | variables(other)
    pairs = zip(values(one, names), values(other, names), strict=True)
    both = [(left, right) for left, right in pairs if left is not None and right is not None]
    return len(both) * 2 >= POINTS and all(close(left, right) for left, right in both)


def proportional(one: Tree, other: Tree) -> bool:
    """Whether one tree is a constant times the other, and neither is zero throughout."""
    names = variables(one) | variables(other)
    ratios = [
        left / right
        for left, right in zip(values(one, names), values(other, names), strict=True)
        if left is not None and right is not None and abs(left) > TOLERANCE and abs(right) > TOLERANCE
    ]
    return len(ratios) * 2 >= POINTS and all(close(ratio, ratios[0]) for ratio in ratios)


def close(one: complex, other: complex) -> bool:
    """Whether two values are the same but for rounding."""
    return abs(one - other) <= TOLERANCE * max(1.0, abs(one), abs(other))
