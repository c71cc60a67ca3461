"""Links in mails that say, when they are followed, that a nudge was opened or followed: nobody can make one up."""

from datetime import datetime, timedelta
from uuid import UUID

from db.encryption import CannotDecrypt, KeyRing

LIFETIME = timedelta(days=90)
LONGEST = 300  # characters; they have about 130

_PLACE = f"nudges.{{}}:{UUID(int=0)}"  # of no row: the text itself says which


def link_token(keys: KeyRing, nudge_id: UUID, action: str, now: datetime) -> str:
    """The part of the link that stands for the nudge; `action` is `opened` or `clicked`."""
    until = int((now + LIFETIME).timestamp())
    return keys.encrypt(f"{nudge_id} {until}", _PLACE.format(action))


def nudge_of_link(keys: KeyRing, token: str, action: str, now: datetime) -> UUID | None:
    """The nudge of a link; None for one that is not ours, is for something else, or is too old."""
    if len(token) > LONGEST:
        return None
    try:
        nudge_id, _, until = keys.decrypt(token, _PLACE.format(action)).partition(" ")
        return UUID(nudge_id) if now.timestamp() < int(until) else None
    except (CannotDecrypt, ValueError):
        return None
