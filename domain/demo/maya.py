"""The sessions of student@demo.test."""

from domain.demo.session import DemoSession

SESSIONS = (
    DemoSession(
        "maya-unknowns",
        "student",
        "tutor",
        "algebra",
        63,
        50,
        ("Word problems", "Choosing an unknown"),
        """
Tutor: Before we calculate anything: a ticket for an adult costs four more than one for a child. What do we not know?
Student: Both prices.
Tutor: Right. If you gave only one of them a letter, which one would make the other easy to say?
Student: The child's. Then the adult's is c plus four.
Tutor: Two adults and three children pay 58 together. Say that with your letter.
Student: Two times c plus four, plus three c, is 58. So 5c plus 8 is 58.
Tutor: And?
Student: c is ten. A child pays ten and an adult fourteen.
Tutor: How would you convince a stranger without the algebra?
Student: 28 for the adults, 30 for the children, that is 58.
""",
        notes="Got there alone once she named the unknown. Praise the check, not the speed.",
    ),
    DemoSession(
        "maya-factoring",
        "student",
        "tutor",
        "algebra",
        42,
        55,
        ("Quadratic equations", "Factoring"),
        """
Tutor: x squared plus five x plus six is zero. What two numbers am I going to ask you for?
Student: Two that multiply to six and add to five. Two and three.
Tutor: So it becomes?
Student: x plus 2 times x plus 3 is zero. x is 2 or 3.
Tutor: Put 2 back in for me.
Student: Four plus ten plus six. That is twenty. Oh.
Tutor: What makes x plus 2 zero?
Student: Minus two. And minus three. The signs flip because the bracket has to vanish.
Tutor: Say that last sentence again, it is the whole lesson.
Student: The bracket has to vanish.
""",
        notes="The sign slip again. It disappears when she says what has to be zero.",
    ),
    DemoSession(
        "maya-square",
        "student",
        "tutor",
        "algebra",
        28,
        60,
        ("Quadratic equations", "Completing the square"),
        """
Tutor: Draw me x squared as a square. Now glue six x on to it.
Student: Two strips of three x, one on each side.
Tutor: What is missing to make it a big square again?
Student: The corner. Three by three, so nine.
Tutor: Then x squared plus six x is the big square without the corner. Write it.
Student: x plus three squared, minus nine.
Tutor: Solve x squared plus six x equals seven with that.
Student: x plus three squared is sixteen, so x plus three is four, x is one.
Tutor: Only four?
Student: Or minus four. Then x is minus seven.
""",
        notes="The drawing worked better than any rule. Start with pictures from now on.",
    ),
    DemoSession(
        "maya-formula",
        "student",
        "tutor",
        "algebra",
        14,
        50,
        ("Quadratic equations", "Discriminant"),
        """
Tutor: You have three tools now. Which one for two x squared minus three x minus four?
Student: Factoring does not work, I tried. I would take the formula.
Tutor: Before you put numbers in: how many solutions do you expect?
Student: b squared minus four a c. Nine plus thirty-two, forty-one. Two of them, and they are not nice.
Tutor: Why plus thirty-two?
Student: Because c is minus four, so minus four times two times minus four is plus.
Tutor: Good. Write the solutions and leave the root alone.
Student: Three plus or minus root 41, over four.
""",
        notes="Ready for mixed practice. Signs were clean today.",
    ),
    DemoSession(
        "maya-projectile",
        "student",
        "tutor",
        "algebra",
        3,
        45,
        ("Quadratic equations", "Modelling"),
        """
Tutor: A ball is thrown up; its height in metres is twenty t minus five t squared. When is it back on the ground?
Student: When the height is zero. t times twenty minus five t. So t is zero or four.
Tutor: What does the zero tell you?
Student: That is when I throw it.
Tutor: And when is it highest?
Student: In the middle, at two seconds. Then it is twenty metres up.
Tutor: Why the middle?
Student: Because it takes as long up as down. The parabola is the same on both sides.
""",
    ),
    DemoSession(
        "maya-balance",
        "student",
        "tutor",
        "chemistry",
        35,
        50,
        ("Balancing equations",),
        """
Tutor: Methane burns to carbon dioxide and water. Which atom do you balance last?
Student: Oxygen, because it is in everything.
Tutor: Go on then.
Student: One carbon on each side, fine. Four hydrogens on the left, so two waters.
Tutor: And the oxygen?
Student: Two in the carbon dioxide and two in the waters, four, so two O2.
Tutor: Why may we change the number in front and never the small one?
Student: The small one would make it another substance.
""",
        notes="She likes rules of thumb; make her say when they fail.",
    ),
    DemoSession(
        "maya-moles",
        "student",
        "tutor",
        "chemistry",
        8,
        55,
        ("Moles", "Molar mass"),
        """
Tutor: How heavy is a dozen eggs if one egg is sixty grams?
Student: Seven hundred and twenty. Is a mole just a very big dozen?
Tutor: That is all it is. One mole of carbon is twelve grams. How many moles are in thirty-six grams?
Student: Three.
Tutor: And one mole of carbon dioxide?
Student: Twelve plus two times sixteen, forty-four grams.
Tutor: Then burning thirty-six grams of carbon gives how much carbon dioxide?
Student: Three moles, so a hundred and thirty-two grams.
""",
    ),
    DemoSession(
        "maya-sat-test",
        "student",
        "tutor",
        "sat_math",
        49,
        70,
        ("Practice test", "Pacing"),
        "",
        notes="Recording failed. She scored 610; lost most points in the last ten minutes.",
    ),
    DemoSession(
        "maya-sat-linear",
        "student",
        "tutor",
        "sat_math",
        21,
        50,
        ("Linear functions", "Reading the question"),
        """
Tutor: The test asks for the value of 3x minus 6 and gives you x minus 2 equals 5. What do most people do?
Student: They find x, which is seven, and get 15.
Tutor: And what do you see?
Student: 3x minus 6 is three times x minus 2. So three times five, without x at all.
Tutor: How long did each way take?
Student: The second one was faster. I did not even need to know x.
Tutor: So what do you read first from now on?
Student: What they actually ask for.
""",
    ),
    DemoSession(
        "maya-claim",
        "student",
        "hannah",
        "essay",
        56,
        45,
        ("Claim and topic",),
        """
Tutor: You wrote that the essay is about school uniforms. What do you want me to believe when I am done?
Student: That they do not make people equal.
Tutor: That is a claim. Your first sentence is a topic. Can you hear the difference?
Student: A claim you can disagree with.
Tutor: Who would disagree with yours?
Student: The head teacher. She says nobody sees who is rich.
Tutor: Then let her into your second paragraph.
Student: And answer that you see it in the shoes.
""",
        notes="Her spoken sentences are better than her written ones. Record next time.",
    ),
    DemoSession(
        "maya-cutting",
        "student",
        "hannah",
        "essay",
        13,
        45,
        ("Revision",),
        """
Tutor: Read me the paragraph and stop whenever you are bored.
Student: Since the beginning of time people have worn clothes. I am bored.
Tutor: What is lost if that sentence goes?
Student: Nothing.
Tutor: And the one after it?
Student: That one says shoes. That is the good one, it should be first.
Tutor: How many words did you save?
Student: Thirty-one. It sounds like me now.
""",
    ),
)
