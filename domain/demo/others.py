"""The sessions of the other students."""

from domain.demo.session import DemoSession

SESSIONS = (
    DemoSession(
        "theo-line",
        "theo",
        "tutor",
        "algebra",
        38,
        40,
        ("Fractions", "Number line"),
        """
Tutor: Put one third on this line for me. And now two fifths.
Student: Two fifths is further right, I think.
Tutor: How could you be sure?
Student: Cut everything into fifteen. One third is five of them and two fifths is six.
Tutor: So which is bigger, and by how much?
Student: Two fifths, by one fifteenth.
""",
        notes="The puzzle at the start bought twenty good minutes.",
    ),
    DemoSession(
        "theo-adding",
        "theo",
        "tutor",
        "algebra",
        10,
        40,
        ("Fractions", "Adding"),
        """
Tutor: A half and a third. Your sister says it is two fifths. Is she right?
Student: No, two fifths is less than a half.
Tutor: That was quick. What is it then?
Student: Three sixths and two sixths, five sixths.
Tutor: What did she do wrong?
Student: She added the bottoms. But the pieces were not the same size.
""",
    ),
    DemoSession(
        "aisha-forces",
        "aisha",
        "tutor",
        "physics",
        52,
        60,
        ("Forces", "Free-body diagrams"),
        """
Tutor: A box slides down a ramp at a constant speed. Draw every force.
Student: Weight down, normal force out of the ramp, friction up along it.
Tutor: Which is larger, friction or the part of the weight along the ramp?
Student: They must be equal, otherwise the speed would change.
Tutor: So what is the friction coefficient, if the angle is theta?
Student: Friction is mu times m g cosine theta, and it equals m g sine theta. So mu is tangent theta.
Tutor: Would a heavier box need another ramp?
Student: No, the mass cancels.
""",
        notes="Derives faster than I write. Let her choose the problems.",
    ),
    DemoSession(
        "aisha-energy",
        "aisha",
        "tutor",
        "physics",
        24,
        60,
        ("Energy", "Pendulum"),
        """
Tutor: A pendulum of one metre is let go from the horizontal. How fast is it at the bottom?
Student: The height becomes speed. v squared is two g times one metre, so about 4.4 metres a second.
Tutor: And the tension in the string there?
Student: Not just the weight, it goes in a circle. m g plus m v squared over r, which is m g plus two m g.
Tutor: So?
Student: Three times the weight. Whatever the length is!
Tutor: Why whatever the length?
Student: v squared grows with r, and then I divide by r.
""",
    ),
    DemoSession(
        "aisha-waves",
        "aisha",
        "tutor",
        "physics",
        5,
        55,
        ("Waves", "Standing waves"),
        """
Tutor: A guitar string of 65 centimetres sounds at 330 hertz. How fast do waves run on it?
Student: The lowest note has half a wavelength on the string, so lambda is 1.3 metres. Times 330, 429 metres a second.
Tutor: I press it in the middle.
Student: Half the length, half the wavelength, twice the frequency. An octave.
Tutor: And if I tighten it instead?
Student: The waves run faster and the wavelength stays, so it goes up too.
""",
        notes="No summary yet; talk about the exam date next time.",
        summarised=False,
    ),
    DemoSession(
        "liam-congruent",
        "liam",
        "tutor",
        "geometry",
        60,
        45,
        ("Congruence", "Proof"),
        """
Tutor: Two sides and the angle between them agree. What may you conclude?
Student: That the triangles are congruent. Side angle side.
Tutor: And if the angle is not between them?
Student: Then there can be two triangles. You showed me with the swinging side.
Tutor: Show me.
Student: The side swings like a door and hits the line twice.
""",
    ),
    DemoSession(
        "liam-cafe",
        "liam",
        "hannah",
        "french",
        33,
        40,
        ("Ordering", "Politeness"),
        """
Tutor: Bonjour monsieur, vous avez choisi ?
Student: Bonjour. Je veux une soupe.
Tutor: Softer. What would you say to your grandmother?
Student: Je voudrais une soupe, s'il vous plaît.
Tutor: Et comme boisson ?
Student: De l'eau. Une carafe d'eau, s'il vous plaît.
Tutor: Très bien. What did voudrais change?
Student: It asks. Je veux orders people around.
""",
        notes="Whispered at first. By the end the whole street could hear him.",
    ),
    DemoSession(
        "liam-bill",
        "liam",
        "hannah",
        "french",
        4,
        40,
        ("Paying", "Numbers"),
        """
Tutor: L'addition, ça fait quatre-vingt-seize euros.
Student: Four twenty sixteen. Ninety-six.
Tutor: Exact. And soixante-quinze?
Student: Sixty fifteen, seventy-five.
Tutor: Pay me, and say that I may keep the rest.
Student: Voilà cent euros. Gardez la monnaie.
""",
    ),
    DemoSession(
        "sofia-first",
        "sofia",
        "hannah",
        "essay",
        31,
        45,
        ("Finding a topic",),
        """
Tutor: Tell me something that annoyed you this week. Anything.
Student: My brother says books are slow films.
Tutor: What did you want to answer?
Student: That a film decides for you what the house looks like.
Tutor: Write that sentence down. Exactly that.
Student: That is an essay?
Tutor: That is its last sentence. Now you only have to get there.
""",
    ),
    DemoSession(
        "sofia-examples",
        "sofia",
        "hannah",
        "essay",
        6,
        45,
        ("Examples",),
        """
Tutor: You wrote that books are more personal. Show me where.
Student: It is a feeling.
Tutor: Which page gave you the feeling?
Student: When the girl hides under the stairs. My stairs, in my house.
Tutor: Then write your stairs.
Student: The dust, and the broken lamp, and that I can hear the kitchen.
""",
        notes="First time she laughed at something she wrote.",
    ),
)
