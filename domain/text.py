"""Checks on text that people write."""

from collections.abc import Sequence

from domain.errors import Code, Refused


def required_text(value: str | None, field: str, longest: int) -> str:
    """The text without the space around it. Raises Refused when it is blank, too long or not storable."""
    text = optional_text(value, field, longest)
    if text is None:
        raise Refused(Code.INVALID, "Write something here; it cannot be blank.", field)
    return text


def optional_text(value: str | None, field: str, longest: int) -> str | None:
    """The text without the space around it, or None when that leaves nothing.

    Raises Refused (TOO_LONG, or INVALID for a NUL character or half of a surrogate pair, which UTF-8 in PostgreSQL
    cannot hold).
    """
    if value is None:
        return None
    text = value.strip()
    if len(text) > longest:
        raise Refused(Code.TOO_LONG, f"At most {longest:,} characters fit here; this has {len(text):,}.", field)
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused(Code.INVALID, "The text holds a character that cannot be stored; remove it.", field)
    return text or None


def text_list(values: Sequence[str], field: str, *, longest: int, most: int) -> list[str]:
    """A list of texts, blank ones left out. Raises Refused like optional_text, (TOO_LONG) for more than `most`."""
    if len(values) > most:
        raise Refused(Code.TOO_LONG, f"At most {most} entries fit here; there are {len(values)}.", field)
    texts = (optional_text(value, field, longest) for value in values)
    return [text for text in texts if text is not None]
