"""What the demo tutors gave the companion to answer from, and what the students asked of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoMaterial:
    """A hand-out of a tutor's."""

    key: str
    by: str
    subject: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class DemoAsked:
    """A question that the embedded engine answers from the demo data when it is loaded."""

    key: str
    student: str
    days: int
    query: str
    revealed: bool = True
    right: bool | None = None
    """What a tutor said of the answer."""


MATERIALS = (
    DemoMaterial(
        "quadratics",
        "tutor",
        "algebra",
        "Quadratic equations on one page",
        "A quadratic equation has the form ax\u00b2 + bx + c = 0, and a is not zero. "
        "The discriminant of a quadratic equation is b\u00b2 - 4ac. "
        "A negative discriminant means that the parabola never meets the horizontal axis. "
        "The vertex of a parabola lies halfway between its two roots. "
        "Factoring was the first method in history, and it was used by Babylonian scribes. "
        "Completing the square adds the square of half the middle coefficient on both sides. "
        "A root of a function is a place where its value is zero.",
    ),
    DemoMaterial(
        "moles",
        "tutor",
        "chemistry",
        "Counting by weighing: the mole",
        "A mole is 6.022 times ten to the 23 particles of a substance. "
        "The molar mass is the mass of one mole, given in grams per mole. "
        "Amedeo Avogadro proposed in 1811 that equal volumes of gas hold equal numbers of particles. "
        "The limiting reagent is the substance that runs out first in a reaction. "
        "A balanced equation has the same number of atoms of each element on both sides. "
        "Water has a molar mass of 18 grams per mole.",
    ),
    DemoMaterial(
        "pendulum",
        "tutor",
        "physics",
        "Pendulums and energy",
        "The period of a pendulum is the time of one full swing. "
        "The period grows with the square root of the length of the string. "
        "Christiaan Huygens built the first pendulum clock in 1656. "
        "Kinetic energy is the energy of motion, and potential energy is the energy of position. "
        "At the lowest point of the swing the kinetic energy is greatest.",
    ),
    DemoMaterial(
        "claims",
        "hannah",
        "essay",
        "What makes a claim",
        "A claim is a sentence that a reader can disagree with. "
        "A topic names what an essay is about, and says nothing of it. "
        "A counterargument is the strongest reason that an opponent would give. "
        "A paragraph holds one idea, and its first sentence says which.",
    ),
)

ASKED = (
    DemoAsked("discriminant", "student", 26, "What is the discriminant of a quadratic equation?", right=True),
    DemoAsked("vertex", "student", 13, "Where does the vertex of a parabola lie?", right=True),
    DemoAsked("babylon", "student", 22, "Who used factoring first in history?"),
    DemoAsked("mole", "student", 17, "How many particles are in a mole of a substance?", right=True),
    DemoAsked("avogadro", "student", 16, "Who proposed that equal volumes of gas hold equal numbers of particles?"),
    DemoAsked("reagent", "student", 5, "What is the limiting reagent in a reaction?", right=True),
    DemoAsked("acid", "student", 4, "Why do acids and bases neutralise each other?"),
    DemoAsked("counter", "student", 11, "What is a counterargument?", revealed=False),
    DemoAsked("football", "student", 3, "Who won the football cup last night?"),
    DemoAsked("root", "theo", 7, "What is a root of a function?"),
    DemoAsked("period", "aisha", 10, "What does the period of a pendulum grow with?", right=True),
    DemoAsked("clock", "aisha", 8, "When did Huygens build the first pendulum clock?", right=True),
    DemoAsked("swing", "aisha", 2, "Where is the kinetic energy greatest in the swing?", revealed=False),
    DemoAsked("topic", "sofia", 6, "What does a topic name in an essay?", right=True),
)
