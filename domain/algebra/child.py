"""The process that does computer algebra: a line of JSON in, a line out, and no harm if it is killed in between.

It reads trees of domain.algebra.grammar, never text, so there is nothing in it to evaluate as code.
"""

import json
import resource
import sys
from contextlib import suppress
from typing import Any

import sympy

from domain.algebra.grammar import Tree

MEMORY = 1 << 30
_CONSTANTS: dict[str, Any] = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I}
_FUNCTIONS: dict[str, Any] = {
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "ln": sympy.log,
    "log": lambda value: sympy.log(value, 10),
    "exp": sympy.exp,
    "abs": sympy.Abs,
}


def expression(tree: Tree) -> Any:
    """The tree as SymPy has it; unknowns are positive."""
    match tree:
        case ["n", text]:
            return sympy.Rational(text)
        case ["v", name]:
            return _CONSTANTS[name] if name in _CONSTANTS else sympy.Symbol(name, positive=True)
        case ["-", one]:
            return -expression(one)
        case ["f", name, one]:
            return _FUNCTIONS[name](expression(one))
        case ["+", one, other]:
            return expression(one) + expression(other)
        case ["*", one, other]:
            return expression(one) * expression(other)
        case ["/", one, other]:
            return expression(one) / expression(other)
        case ["^", one, other]:
            return expression(one) ** expression(other)
    raise ValueError(tree[0])


def same(one: Tree, other: Tree) -> bool | None:
    """Whether two trees are the same; None when SymPy cannot tell."""
    difference = expression(one) - expression(other)
    if difference == 0 or sympy.simplify(difference) == 0:
        return True
    found = difference.equals(0)
    return None if found is None else bool(found)


def main() -> None:
    """Answer until there is nothing more to answer."""
    with suppress(ValueError, OSError):
        # Not every system lets a process limit itself; time is limited from outside all the same.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print("ready", flush=True)
    for line in sys.stdin:
        one, other = json.loads(line)
        try:
            found = same(one, other)
        except (ArithmeticError, ValueError, TypeError, AttributeError, NotImplementedError, RecursionError):
            found = None
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
