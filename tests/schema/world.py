"""One student with a row of every kind around them, the people who belong to them, and those who no longer do."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from db.encryption import context_of
from schema.ids import to_global
from tests.make import Make, Person

TRANSCRIPT = "Tutor: What is zero factorial?\nStudent: The secret word is heliotrope."
SECRETS = ("heliotrope", "private-note", "assignment-note", "open-answer", "open-explanation", "asked-text")
"""Texts that only some may read, each once in the world."""


@dataclass(frozen=True, slots=True)
class World:
    """Who is there, and the global ids of the rows around the student."""

    sam: Person
    tess: Person
    pat: Person
    ada: Person
    strangers: tuple[Person, ...]
    """Another student; a tutor whose assignment is paused, one whose is completed; a parent whose link has ended."""
    ids: dict[str, str]

    def viewer(self, role: str) -> Person | None:
        """The person of this role who belongs to the student; None for anonymous."""
        return {"student": self.sam, "tutor": self.tess, "parent": self.pat, "admin": self.ada}.get(role)


async def world(make: Make) -> World:
    """Make it all."""
    sam, ada = await make.student("sam"), await make.admin("ada")
    tess, pat = await make.tutor("tess"), await make.parent("pat")
    other, paused = await make.student("other"), await make.tutor("paused")
    completed, former = await make.tutor("completed"), await make.parent("former")
    algebra = await make.subject("Algebra")
    assignment = uuid4()
    place = context_of("tutor_student_assignments", "notes", assignment)
    note = make.keys.encrypt("assignment-note", place)
    await make.assignment(tess, sam, id=assignment, subject_id=algebra, notes=note)
    await make.assignment(paused, sam, status="paused")
    await make.assignment(completed, sam, status="completed")
    link = await make.link(pat, sam)
    await make.link(former, sam, status="ended")
    goal = await make.goal(sam, subject_id=algebra, created_by=tess.id)
    session = await make.session(sam, tess, transcript=TRANSCRIPT, notes="private-note", subject_id=algebra)
    summary = await make.summary(session, sam, tess)
    item = await make.practice_item(algebra, "1 + 1 = ?", "open-answer", explanation="open-explanation")
    material = await make.row("study_materials", title="Factorials", text="0! is 1.", created_by=tess.id)
    open_practice = await make.practice(sam, item)
    flagged = await make.written_practice(sam)
    rating = await make.rating(sam, algebra, 1100)
    question = await make.question(sam, "asked-text")
    nudge = await make.nudge(sam)
    override = await make.override(tess, sam, summary_id=summary)
    answer_override = await make.override(tess, sam, qa_interaction_id=question)
    rows: dict[str, tuple[str, UUID]] = {
        "subject": ("Subject", algebra),
        "assignment": ("TutorAssignment", assignment),
        "link": ("ParentLink", link),
        "goal": ("Goal", goal),
        "session": ("Session", session),
        "summary": ("Summary", summary),
        "item": ("PracticeItem", item),
        "material": ("StudyMaterial", material),
        "practice": ("PracticeAssignment", open_practice),
        "flagged": ("PracticeAssignment", flagged),
        "rating": ("StudentRating", rating),
        "question": ("Question", question),
        "nudge": ("Nudge", nudge),
        "override": ("Override", override),
        "answer_override": ("Override", answer_override),
    }
    ids: dict[str, str] = {name: to_global(kind, row) for name, (kind, row) in rows.items()}
    ids |= {name: person.gid for name, person in (("sam", sam), ("tess", tess), ("pat", pat), ("other", other))}
    return World(sam, tess, pat, ada, (other, paused, completed, former), ids)
