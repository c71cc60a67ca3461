"""The pages of each role in Chromium: what is live, what is corrected, what is whose, and who can use them."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.conftest import CHECKOUT, Windows, picture

AXE = CHECKOUT / "web/node_modules/axe-core/axe.min.js"


def at(path: str, who: str) -> str:
    return f"{path}#as={who}@demo.test"


def ready(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.locator(".connection")).to_have_text("Live")
    expect(page.locator(".waiting")).to_have_count(0)


def ask(page: Page, query: str, **variables: Any) -> Any:
    """What the API answers whoever the window is of."""
    answer = page.evaluate(
        """async ([query, variables]) => {
          const method = 'POST';
          const json = { 'content-type': 'application/json' };
          const email = decodeURIComponent(location.hash).slice(4);
          const post = async (path, headers, body) =>
            (await fetch(path, { method, headers: { ...json, ...headers }, body: JSON.stringify(body) })).json();
          const { token } = await post('/demo/tokens', {}, { email });
          return post('/graphql', { authorization: `Bearer ${token}` }, { query, variables });
        }""",
        [query, variables],
    )
    assert "errors" not in answer, answer
    return answer["data"]


def heard(page: Page, text: str) -> None:
    """Wait until the page has said it in passing."""
    page.wait_for_function("(text) => heard.some((said) => said.includes(text))", arg=text)


def last_session(page: Page, name: str = "Maya") -> dict[str, Any]:
    """The last session of a student with its summary."""
    query = """query ($name: String!) { students(where: { search: $name }) { nodes {
      id sessions(first: 1) { nodes { id summaries { id version narrative } } } } } }"""
    found: dict[str, Any] = ask(page, query, name=name)["students"]["nodes"][0]["sessions"]["nodes"][0]
    return found


NUDGE = """mutation ($id: ID!, $message: String!) { sendNudge(input: {
  studentId: $id, type: LOGIN, channel: IN_APP, message: $message }) { userErrors { message } } }"""

# What is whose


@pytest.mark.parametrize(
    ("who", "pages", "others"),
    [
        ("student", ["Today", "Practice", "Ask", "Progress"], ["/tutor", "/tutor/review", "/parent", "/analyst"]),
        ("tutor", ["Students", "Review", "Analytics"], ["/student", "/student/ask", "/parent"]),
        ("parent", ["Progress"], ["/tutor", "/student/practice", "/analyst"]),
        ("admin", ["Analytics"], ["/tutor/review", "/student", "/parent"]),
    ],
)
def test_every_role_has_its_own_pages_and_no_others(
    windows: Windows, who: str, pages: list[str], others: list[str]
) -> None:
    page = windows.open(at("/", who))
    navigation = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(navigation).to_have_text([*pages, "GraphiQL"])
    # The first of them is where one begins.
    expect(page.locator("[aria-current=page]")).to_have_text(pages[0])
    for path in others:
        page.goto("about:blank")  # so that the next is opened anew
        page.goto(f"{windows.server}{at(path, who)}")
        expect(page.get_by_role("heading", level=1)).to_have_text("This page is not yours")
        expect(page.locator("main")).not_to_contain_text("Maya")


def test_somebody_elses_things_are_not_there(windows: Windows) -> None:
    daniel = windows.open(at("/tutor", "tutor"))
    ready(daniel, "Students")
    session = last_session(daniel)["id"]
    # Hannah teaches Maya essays, and sees her; nobody but his own tutors sees Liam.
    ids = ask(windows.open(at("/analyst", "admin")), '{ students(where: { search: "Liam" }) { nodes { id } } }')
    liam = ids["students"]["nodes"][0]["id"]
    daniel.goto(f"{windows.server}/tutor/students/{liam}#as=tutor@demo.test")
    expect(daniel.get_by_role("heading", level=1)).to_have_text("There is no such page")
    daniel.goto(f"{windows.server}/tutor/sessions/{session}#as=tutor@demo.test")
    expect(daniel.get_by_role("heading", level=1)).to_have_text("Quadratic equations, Modelling")


def test_a_person_is_chosen_and_nothing_of_them_is_kept(windows: Windows) -> None:
    page = windows.open("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What was learned")
    picture(page, "welcome-light")
    page.get_by_role("button", name="Tutor Daniel Okafor").click()
    ready(page, "Students")
    page.get_by_label("View as").select_option(label="Ingrid Lindqvist (parent)")
    ready(page, "Maya Lindqvist")
    assert page.url.endswith("/parent#as=parent@demo.test")
    page.reload()
    ready(page, "Maya Lindqvist")
    kept = page.evaluate("({...localStorage, ...sessionStorage})")
    assert (kept, page.context.cookies()) == ({}, [])
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    # Where nobody can be chosen, a token does, until the page is left.
    token = page.evaluate(
        """() => fetch('/demo/tokens', {method: 'POST', headers: {'content-type': 'application/json'},
        body: '{"email": "student@demo.test"}'}).then((response) => response.json()).then(({token}) => token)"""
    )
    page.route("**/demo/people", lambda route: route.fulfill(json={"people": []}))
    page.goto(f"{windows.server}/")
    page.reload()
    page.get_by_label("Access token").fill(token)
    page.get_by_role("button", name="Use").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maya")
    page.reload()
    expect(page.get_by_label("Access token")).to_be_visible()
    assert page.evaluate("({...localStorage, ...sessionStorage})") == {}


# What is live


def test_a_correction_is_on_other_screens_at_once_and_two_tutors_do_not_overwrite_each_other(windows: Windows) -> None:
    daniel = windows.open(at("/tutor", "tutor"))
    ready(daniel, "Students")
    last = last_session(daniel)
    session, before = last["id"], last["summaries"][0]["narrative"]
    maya, ingrid = windows.open(at("/student", "student")), windows.open(at("/parent", "parent"))
    hannah = windows.open(at(f"/tutor/sessions/{session}", "hannah"))
    for page in (maya, ingrid, hannah):
        expect(page.locator("main")).to_contain_text(before)
        expect(page.locator(".connection")).to_have_text("Live")
    hannah.get_by_role("button", name="Correct it").click()
    hannah.get_by_label("What was done").fill("Hannah says it so.")

    daniel.get_by_role("link", name="Algebra: Quadratic equations, Modelling").click()
    daniel.get_by_role("button", name="Correct it").click()
    daniel.get_by_label("What was done").fill("Maya can say why the top lies halfway.")
    daniel.get_by_label("Why").fill("What she can do now.")
    daniel.get_by_role("button", name="Save the correction").click()
    # The form that had the focus is gone, and the focus is where it was.
    expect(daniel.get_by_role("region", name="Summary").locator(":focus")).to_have_count(1)
    for page in (daniel, maya, ingrid):
        expect(page.locator("main")).to_contain_text("Maya can say why the top lies halfway.")
        expect(page.locator("main")).to_contain_text("In Daniel Okafor’s own words")
        expect(page.locator("main")).to_contain_text("What she can do now.")
    heard(maya, "Daniel Okafor corrected your summary.")
    picture(maya, "student-corrected-light")

    conflict = hannah.get_by_role("alert")
    expect(conflict).to_contain_text("Daniel Okafor changed this while you were writing.")
    expect(conflict).to_contain_text("Maya can say why the top lies halfway.")
    expect(hannah.get_by_role("button", name="Save the correction")).to_be_disabled()
    picture(hannah, "tutor-conflict-light")
    hannah.get_by_role("button", name="Go on with mine").click()
    expect(hannah.get_by_label("What was done")).to_have_value("Hannah says it so.")

    def answer_late(route: Route) -> None:
        # What one changes oneself may be heard of before it is answered: that is no conflict.
        answer = route.fetch()
        if "OverrideSummary" in (route.request.post_data or ""):
            expect(hannah.get_by_text(f"version {last['summaries'][0]['version'] + 2}", exact=True)).to_be_visible()
            expect(conflict).to_have_count(0)
        route.fulfill(response=answer)

    hannah.route("**/graphql", answer_late)
    hannah.get_by_role("button", name="Save the correction").click()
    for page in (hannah, maya, ingrid, daniel):
        expect(page.locator("main")).to_contain_text("Hannah says it so.")
    daniel.get_by_role("button", name="Take it back").click()
    for page in (daniel, maya, ingrid):
        expect(page.locator("main")).not_to_contain_text("Hannah says it so.")


# What students and tutors do


def test_practice_is_graded_at_once_and_the_tutor_sees_it(windows: Windows) -> None:
    daniel, maya = windows.open(at("/tutor", "tutor")), windows.open(at("/student/practice", "student"))
    ready(daniel, "Students")
    ready(maya, "Practice")
    maya.get_by_role("button", name="A stone's height").click()
    expect(maya.locator(".exercise h2")).to_contain_text("A stone's height")
    maya.get_by_label("Your answer").fill("45")
    maya.get_by_role("button", name="Check").click()
    outcome = maya.locator(".outcome")
    expect(outcome).to_contain_text("Right.")
    expect(outcome).to_contain_text("90 - 45 = 45")
    expect(outcome.locator(".tag")).to_contain_text("+")
    picture(maya, "practice-light")
    heard(daniel, "Maya Lindqvist completed practice: 100 %.")
    expect(daniel.locator(".lately")).to_contain_text("Maya practised Algebra: 100 %")
    maya.get_by_role("button", name="Next question").click()
    expect(maya.locator(".exercise h2")).not_to_contain_text("A stone's height")
    maya.get_by_label("Your answer").fill("seven")
    maya.get_by_role("button", name="Check").click()
    expect(outcome).to_contain_text("Not yet.")
    expect(daniel.locator(".lately")).to_contain_text(": 0 %")
    # A question that a tutor corrects changes where it stands.
    maya.get_by_role("button", name="Next question").click()
    maya.get_by_role("button", name="SAT Math").click()
    expect(maya.get_by_role("region", name="Take more").get_by_role("status")).not_to_be_empty()
    daniel.get_by_role("link", name="things wait for your review").click()
    card = daniel.get_by_role("article", name="Practice for Maya Lindqvist")
    card.get_by_role("button", name="Correct it").click()
    daniel.get_by_label("Question", exact=True).fill("How many moles are in 117 grams of table salt?")
    daniel.get_by_label("Answer", exact=True).fill("2")
    daniel.get_by_role("button", name="Save the correction").click()
    expect(card).to_have_count(0)
    expect(maya.locator("main")).to_contain_text("117 grams of table salt")
    daniel.get_by_role("button", name="Approve").first.click()
    expect(daniel.get_by_role("article", name="Practice for")).to_have_count(0)


def test_a_question_gets_a_hint_an_answer_and_a_tutor(windows: Windows) -> None:
    daniel, maya = windows.open(at("/tutor/review", "tutor")), windows.open(at("/student/ask", "student"))
    ready(daniel, "Review")
    ready(maya, "Ask")
    maya.get_by_label("Your question").fill("What does the vertex of a parabola lie halfway between?")
    maya.get_by_role("button", name="Ask", exact=True).click()
    card = maya.get_by_role("article", name="What does the vertex of a parabola")
    expect(card).to_contain_text("A hint first")
    expect(card).to_contain_text("the companion is")
    expect(card.get_by_test_id("answer")).to_have_count(0)
    expect(maya.locator("form.ask [role=status]")).to_contain_text("The companion replied: ")
    picture(maya, "ask-light")
    card.get_by_role("button", name="Show me the answer").click()
    expect(card.get_by_test_id("answer")).to_be_focused()
    card.get_by_text("source").click()
    expect(card.locator("cite").first).to_be_visible()
    card.get_by_role("button", name="Ask a tutor").click()
    card.get_by_label("Which tutor").select_option(label="Daniel Okafor")
    card.get_by_role("button", name="Pass it on").click()
    expect(card).to_contain_text("Daniel Okafor has it")
    # It is on the tutor's screen, and the tutor's answer on the student's.
    waiting = daniel.get_by_role("article", name="Question of Maya Lindqvist").filter(has_text="vertex of a parabola")
    expect(waiting).to_contain_text("asks Daniel Okafor")
    picture(daniel, "review-light")
    waiting.get_by_role("button", name="Answer it yourself").click()
    daniel.get_by_label("Your answer").fill("The two roots: throw and landing.")
    daniel.get_by_label("yes").check()
    daniel.get_by_role("button", name="Send to Maya").click()
    expect(waiting).to_have_count(0)
    expect(card).to_contain_text("The two roots: throw and landing.")
    heard(maya, "Daniel Okafor answered your question.")
    # What the companion said is corrected where it stands.
    waiting = daniel.get_by_role("article", name="Question of Maya Lindqvist").filter(has_text="the sun makes helium")
    waiting.get_by_role("button", name="Correct the companion’s answer").click()
    daniel.get_by_label("The companion’s answer").fill("Into light: four hydrogen weigh more than one helium.")
    daniel.get_by_role("button", name="Save the correction").click()
    expect(waiting).to_have_count(0)
    corrected = maya.get_by_role("article", name="Where does the mass go")
    expect(corrected).to_contain_text("Into light")
    expect(corrected).to_contain_text("In Daniel Okafor’s own words")


def test_claims_lead_to_the_turns_that_they_rest_on(windows: Windows) -> None:
    daniel = windows.open(at("/tutor", "tutor"))
    ready(daniel, "Students")
    session = last_session(daniel, "Theo")["id"]
    daniel.goto(f"{windows.server}/tutor/sessions/{session}#as=tutor@demo.test")
    daniel.get_by_role("button", name="Have it written anew").click()
    # A job writes it; it comes by itself.
    claim = daniel.locator(".claims button").first
    claim.click()
    expect(claim).to_have_attribute("aria-pressed", "true")
    marked = daniel.locator(".transcript mark")
    expect(marked.first).to_be_visible()
    numbers = claim.locator(".tag").inner_text().split(" ", 1)[1].split(", ")
    assert daniel.locator(".transcript li:has(mark) .turn-number").all_inner_texts() == numbers
    picture(daniel, "session-light")
    claim.click()
    expect(marked).to_have_count(0)


# Who can use them


def violations(page: Page) -> list[str]:
    """What axe finds serious."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {json.dumps([node['html'][:120] for node in each['nodes'][:3]])}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


PAGES = [
    ("student", "/student", "student"),
    ("student", "/student/practice", "practice"),
    ("student", "/student/ask", "ask"),
    ("student", "/student/progress", "progress"),
    ("tutor", "/tutor", "students"),
    ("tutor", "/tutor/review", "review"),
    ("tutor", "/tutor/students/{student}", "one-student"),
    ("tutor", "/tutor/sessions/{session}", "session"),
    ("parent", "/parent", "parent"),
]


@pytest.mark.parametrize("look", ["light-desktop", "dark-desktop", "light-phone", "dark-phone"])
def test_nothing_serious_keeps_anybody_out(windows: Windows, look: str) -> None:
    dark, phone = look.startswith("dark"), look.endswith("phone")
    width, height = (390, 844) if phone else (1440, 900)
    page = windows.open(at("/tutor", "tutor"), dark=dark, width=width, height=height)
    ready(page, "Students")
    session = last_session(page)["id"]
    student = ask(page, '{ students(where: { search: "Maya" }) { nodes { id } } }')["students"]["nodes"][0]["id"]
    found: dict[str, list[str]] = {}
    for who, path, name in PAGES:
        page.goto("about:blank")
        page.goto(f"{windows.server}{at(path.format(student=student, session=session), who)}")
        expect(page.locator(".connection")).to_have_text("Live")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".waiting")).to_have_count(0)
        # Wider than the screen it would have to be pushed about.
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        if name == "session":
            page.get_by_role("button", name="Correct it").click()
        found[name] = violations(page)
        picture(page, f"{name}-{look}")
    page.goto("about:blank")
    page.goto(f"{windows.server}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    found["welcome"] = violations(page)
    assert {name: each for name, each in found.items() if each} == {}


def test_the_keyboard_gets_everywhere(windows: Windows) -> None:
    page = windows.open(at("/tutor", "tutor"))
    ready(page, "Students")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("#as=tutor@demo.test")
    page.get_by_role("link", name="Review", exact=True).focus()
    page.keyboard.press("Enter")
    # Who comes to a page begins at its heading.
    expect(page.get_by_role("heading", level=1, name="Review")).to_be_focused()
    page.get_by_role("button", name="Answer it yourself").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your answer")).to_be_focused()
    # Nothing of a card is read out for each minute that goes by.
    expect(page.locator("[aria-live=polite] article")).to_have_count(0)
    page.get_by_role("button", name="Not now").press("Enter")
    expect(page.locator("article :focus")).to_have_count(1)
    # The second click of a double click may fall on something else than was meant.
    page.get_by_role("button", name="Answer it yourself").first.dispatch_event("click", {"detail": 2})
    expect(page.get_by_label("Your answer")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Students")).to_be_focused()
