"""Formulas in practice, questions and answers, in Chromium: drawn, read aloud, and loaded only where there are any."""

from playwright.sync_api import expect

from tests.web.conftest import Windows, picture
from tests.web.test_pages import ask, at, ready, violations

OPEN = """{ students(where: { search: "Maya" }) { nodes {
  practice(first: 1, where: { completed: false }, orderBy: OLDEST) { nodes { id version } } } } }"""
CORRECT = """mutation ($input: OverridePracticeInput!) { overridePractice(input: $input) {
  practice { id } userErrors { message } } }"""
QUESTION = (
    r"For which $x$ is $x^2 - 6x + 5 = 0$? A ticket costs $4, two cost $8 and \$9. "
    r"$$\frac{6 \pm \sqrt{36 - 20}}{2} = "
    r"\begin{cases} 5 + 1 + 1 + 1 + 1 + 1 + 1 + 1 - 1 - 1 - 1 - 1 - 1 - 1 - 1 \\ 1 \end{cases}$$ "
    # Not to be trusted, without an end, and no formula at all.
    r"\(\href{javascript:alert(1)}{y}\) $\def\a{\a\a}\a$ $\frac$ <b>bold</b> \[ "
)


def test_formulas_are_formulas_and_amounts_are_amounts(windows: Windows) -> None:
    daniel, maya = windows.open(at("/tutor", "tutor")), windows.open(at("/student/practice", "student"))
    ready(daniel, "Students")
    loaded: list[str] = []
    maya.on("request", lambda request: loaded.append(request.url))
    maya.reload()
    ready(maya, "Practice")
    assert not [url for url in loaded if "katex" in url]
    item = ask(daniel, OPEN)["students"]["nodes"][0]["practice"]["nodes"][0]
    written = {
        "id": item["id"],
        "expectedVersion": item["version"],
        "question": QUESTION,
        "reason": "In its own signs.",
    }
    assert ask(daniel, CORRECT, input=written)["overridePractice"]["userErrors"] == []

    question = maya.locator(".exercise h2")
    expect(question).to_contain_text("For which")
    formulas = question.locator("math")
    expect(formulas).to_have_count(4)
    assert [url for url in loaded if "katex" in url]
    expect(formulas.nth(1).locator("msup")).to_have_text("x2")
    expect(formulas.nth(2).locator("mfrac").first).to_be_visible()
    expect(question).to_contain_text(r"costs $4, two cost $8 and \$9.")
    expect(question).to_contain_text(r"$\def\a{\a\a}\a$ $\frac$ <b>bold</b> \[")
    assert question.locator("a, b").count() == 0
    # Drawn by the browser, it is as tall as what stands in it.
    assert formulas.nth(2).evaluate("(formula) => formula.getBoundingClientRect().height") > 40
    assert violations(maya) == []
    picture(maya, "formulas-light")
    maya.set_viewport_size({"width": 390, "height": 844})
    assert maya.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(maya, "formulas-light-phone")


ASK = "mutation ($asked: String!) { askQuestion(input: { query: $asked }) { question { id } userErrors { message } } }"
HOSTILE = [
    r"$\raisebox{20em}{\Huge above}$ $\rule{20em}{20em}$ <img src=x onerror=alert(1)>",
    f"${'x + ' * 200}y$",
    "\u202ethgir ot tfel morf",
    "W" * 1_000,
]


def test_what_somebody_writes_stays_in_its_place(windows: Windows) -> None:
    maya = windows.open(at("/student", "student"), width=390, height=844)
    for query in HOSTILE:
        assert ask(maya, ASK, asked=query)["askQuestion"]["userErrors"] == []
    maya.get_by_role("link", name="Ask", exact=True).click()
    ready(maya, "Ask")
    formulas = maya.locator(".formula:has(math)")
    expect(formulas).to_have_count(3)
    assert maya.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # What is higher than a line would lie over what stands above.
    assert max(formulas.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().height)")) < 80
    assert maya.locator("article img").count() == 0
    assert violations(maya) == []
