"""JSON that is still being written: the texts in it, as they come."""

import re

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Unfolding:
    """Reads an object piece by piece and gives out what its own texts hold, by field, as far as it is sure of it."""

    def __init__(self) -> None:
        self.whole = ""
        """All that has come."""
        self._at = 0
        self._depth = 0
        self._field = ""
        self._text: list[str] = []
        """The text that is being read, as far as it has not been given out."""
        self._is_text = False
        self._is_value = False

    def feed(self, piece: str) -> list[tuple[str, str]]:
        """What the piece adds to which field: (field, text) for texts of the outermost object, in order."""
        self.whole += piece
        found: list[tuple[str, str]] = []
        while self._at < len(self.whole):
            if not self._is_text:
                self._outside(self.whole[self._at])
                self._at += 1
            elif not self._inside(found):
                break
        if self._is_text and self._is_value:
            self._give(found, whole=False)
        return found

    def _outside(self, character: str) -> None:
        if character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
        elif character == ":":
            self._is_value = True
        elif character == ",":
            self._is_value = False
        elif character == '"':
            self._text, self._is_text = [], True

    def _inside(self, found: list[tuple[str, str]]) -> bool:
        """Read on within a text; False where more has to come first."""
        character = self.whole[self._at]
        if character == '"':
            if self._is_value:
                self._give(found, whole=True)
            elif self._depth == 1:
                self._field = "".join(self._text)
            self._is_text = False
        elif character == "\\":
            length = 6 if self.whole[self._at + 1 : self._at + 2] == "u" else 2
            if len(self.whole) < self._at + length:
                return False
            code = self.whole[self._at + 1 : self._at + length]
            try:
                self._text.append(chr(int(code[1:], 16)) if length == 6 else _ESCAPES.get(code, code))
            except ValueError:
                self._text.append("\ufffd")
            self._at += length - 1
        else:
            self._text.append(character)
        self._at += 1
        return True

    def _give(self, found: list[tuple[str, str]], *, whole: bool) -> None:
        # Half of a pair says nothing yet.
        held = not whole and self._text and "\ud800" <= self._text[-1] <= "\udbff"
        ready, self._text = (self._text[:-1], self._text[-1:]) if held else (self._text, [])
        text = "".join(ready).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if text and self._depth == 1:
            found.append((self._field, _SURROGATE.sub("\ufffd", text)))
