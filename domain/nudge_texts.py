"""What nudges say: the templates, and the check of what the language model writes in their place."""

import re

from pydantic import BaseModel, Field

from domain.companion.numbers import claimed_numbers, numbers
from domain.companion.prompts import Prompt, instructions
from domain.nudge_rules import Decision, Facts
from domain.nudges import NudgeType

LONGEST = 400
"""Characters of a text that the model writes."""

_INSTRUCTIONS = instructions("nudge", 1)
_LINK = re.compile(r"https?:|www\.|@|\w\.[a-z]{2}|[<>\[\]]", re.IGNORECASE)
_FEW = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class NudgeText(BaseModel):
    """What the model is to write."""

    message: str = Field(description="The message, one to three short sentences.")


def template(facts: Facts, decision: Decision) -> str:
    """The text without a model; under 1,000 characters."""
    name = facts.display_name.strip()[:100]
    hello = f"Hello {name}! " if name else "Hello! "
    waiting = "" if not facts.waiting else f" {_counted(facts.waiting)} for you."
    if decision.type is NudgeType.CROSS_SUBJECT:
        subjects = _listed([each[:200] for each in decision.suggestions])
        return f"{hello}You have reached your goal “{decision.about}”. How about {subjects} next?"
    if decision.type is NudgeType.LOGIN:
        return f"{hello}Good to see you back.{waiting or ' Pick up where you stopped.'}"
    return f"{hello}It has been {decision.days} days.{waiting} Ten minutes are enough to get going again."


def prompt(facts: Facts, decision: Decision) -> Prompt:
    """The same as a question to the model: facts, and nothing that says who they are but a first name."""
    material = {
        "kind": decision.type.value,
        "first_name": facts.display_name.strip().partition(" ")[0][:50],
        "goal_reached": decision.about,
        "subjects_to_suggest": list(decision.suggestions),
        "days_away": decision.days,
        "practice_waiting": facts.waiting,
    }
    return _INSTRUCTIONS.about(material, longest=300, small=True)


def fault(text: str, facts: Facts, decision: Decision) -> str | None:
    """What is wrong with a text of the model's, or None: its length, links, numbers that are not in the facts."""
    if not text.strip() or len(text) > LONGEST:
        return f"it has not 1 to {LONGEST} characters"
    if "\x00" in text:
        return "it holds a character that cannot be stored"
    if _LINK.search(text):
        return "it has a link or an address in it"
    known = numbers(f"{decision.about} {' '.join(decision.suggestions)} {decision.days} {facts.waiting}")
    if not claimed_numbers(text) <= known:
        return "it has a number that is not in the facts"
    missing = [each for each in decision.suggestions if each.casefold() not in text.casefold()]
    if decision.suggestions and len(missing) == len(decision.suggestions):
        return "it leaves out what is to be suggested"
    return None


def _counted(waiting: int) -> str:
    number = _FEW[waiting - 1].capitalize() if waiting <= len(_FEW) else f"{waiting:,}"
    return f"{number} practice item{' waits' if waiting == 1 else 's wait'}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
