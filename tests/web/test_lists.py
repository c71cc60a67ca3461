"""Lists that are longer than a page: the rest is a button away, by keyboard too, and nothing is lost."""

from datetime import UTC, datetime

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import Windows, picture
from tests.web.test_pages import ask, at, ready, violations

RECORD = """mutation ($input: RecordSessionInput!) { recordSession(input: $input) {
  session { id } userErrors { message } } }"""
PEOPLE = (
    "{ students(first: 100) { nodes { displayName id } } tutors: users(where: { role: TUTOR }) { nodes { email id } } }"
)
COUNT = "query ($id: ID!) { node(id: $id) { ... on Student { sessions { totalCount } } } }"
CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { message } } }"
ASSIGN = """mutation ($input: CreateTutorAssignmentInput!) { createTutorAssignment(input: $input) {
  assignment { id } userErrors { message } } }"""


def record(daniel: Page, student: str, topic: str, started: str) -> None:
    told = {"studentId": student, "topicsCovered": [topic], "startedAt": started}
    assert ask(daniel, RECORD, input=told)["recordSession"]["userErrors"] == []


def test_what_is_beyond_a_page_is_shown_when_asked_for(windows: Windows) -> None:
    admin = windows.open(at("/analyst", "admin"))
    found = ask(admin, PEOPLE)
    tutor = next(each["id"] for each in found["tutors"]["nodes"] if each["email"] == "tutor@demo.test")
    maya = next(each["id"] for each in found["students"]["nodes"] if each["displayName"] == "Maya Lindqvist")
    for number in range(50):
        name = f"Pupil {number:02}"
        made = {
            "email": f"p{number}@demo.test",
            "role": "STUDENT",
            "displayName": name,
            "cognitoSub": f"pupil-{number}",
        }
        user = ask(admin, CREATE, input=made)["createUser"]["user"]["id"]
        assigned = ask(admin, ASSIGN, input={"tutorId": tutor, "studentId": user})
        assert assigned["createTutorAssignment"]["userErrors"] == []

    daniel = windows.open(at("/tutor", "tutor"))
    ready(daniel, "Students")
    every = ask(daniel, "{ students { totalCount } }")["students"]["totalCount"]
    cards = daniel.locator(".student-card")
    expect(cards).to_have_count(50)
    daniel.get_by_role("button", name="Show more students").press("Enter")
    expect(cards).to_have_count(every)
    # Who comes by keyboard is where the rest begins, and there is no more of it.
    expect(daniel.locator("li:has(.student-card)").nth(50)).to_be_focused()
    expect(daniel.get_by_role("button", name="Show more students")).to_have_count(0)
    names = daniel.locator(".student-card h2").all_inner_texts()
    assert len(set(names)) == every

    for number in range(26):
        record(daniel, maya, f"Topic {number:02}", f"2020-01-01T10:{59 - number}:00Z")
    daniel.goto(f"{windows.server}/tutor/students/{maya}#as=tutor@demo.test")
    ready(daniel, "Maya Lindqvist")
    sessions = daniel.get_by_role("region", name="Sessions")
    lines = sessions.get_by_role("listitem").get_by_role("link")
    expect(lines).to_have_count(12)
    sessions.get_by_role("button", name="Show more sessions").press("Enter")
    expect(lines).to_have_count(24)
    expect(sessions.get_by_role("listitem").nth(12)).to_be_focused()
    picture(daniel, "more-light")
    before = lines.all_inner_texts()
    # A new one moves all of them by one: what was the last of the first page is the first of the next.
    record(daniel, maya, "The newest", datetime.now(UTC).isoformat())
    expect(lines).to_have_text(["The newest", *before[:-1]])
    more = sessions.get_by_role("button", name="Show more sessions")
    total = ask(daniel, COUNT, id=maya)["node"]["sessions"]["totalCount"]
    for number in range(36, total + 12, 12):
        more.click()
        expect(lines).to_have_count(min(number, total))
    expect(more).to_have_count(0)
    shown = lines.all_inner_texts()
    assert [each for each in shown if each.startswith("Topic")] == [f"Topic {number:02}" for number in range(26)]
    assert violations(daniel) == []

    student = windows.open(at("/student/progress", "student"), width=390, height=844)
    ready(student, "Progress")
    student.get_by_role("button", name="Show more sessions").click()
    expect(student.get_by_role("region", name="Sessions")).to_contain_text("Topic 05")
    picture(student, "more-light-phone")


BANK = """{ practiceBank(first: 14) { nodes { id } } students(where: { search: "Aisha" }) { nodes { id } }
  reviewQueue { nodes { ... on Question { id query version } } } }"""
ASSIGN_ITEM = """mutation ($input: AssignPracticeInput!) { assignPractice(input: $input) {
  practice { id questionText } userErrors { message } } }"""
COMPLETE = """mutation ($input: CompletePracticeInput!) { completePractice(input: $input) {
  practice { completed } userErrors { message } } }"""
ANSWER = """mutation ($input: AnswerQuestionInput!) { answerQuestion(input: $input) {
  question { id } userErrors { message } } }"""


def test_what_is_half_written_stays_whatever_moves_and_whoever_else_was_there(windows: Windows) -> None:
    daniel, aisha = windows.open(at("/tutor/review", "tutor")), windows.open(at("/student", "aisha"))
    ready(daniel, "Review")
    found = ask(daniel, BANK)
    student, items = found["students"]["nodes"][0]["id"], found["practiceBank"]["nodes"]

    def assign(item: str) -> dict[str, str]:
        made: dict[str, str] = ask(daniel, ASSIGN_ITEM, input={"studentId": student, "itemId": item})["assignPractice"][
            "practice"
        ]
        return made

    # A colleague answers what one is answering.
    question = next(each for each in found["reviewQueue"]["nodes"] if each.get("query", "").startswith("Why do acids"))
    card = daniel.get_by_role("article").filter(has_text="Why do acids")
    card.get_by_role("button", name="Answer it yourself").click()
    card.get_by_label("Your answer").fill("Because of")
    answered = {"id": question["id"], "expectedVersion": question["version"], "answer": "They swap a proton."}
    assert ask(daniel, ANSWER, input=answered)["answerQuestion"]["userErrors"] == []
    expect(card.get_by_role("alert")).to_contain_text("Somebody was here while you were writing.")
    expect(card).to_contain_text("They swap a proton.")
    expect(card.get_by_label("Your answer")).to_have_value("Because of")
    card.get_by_role("button", name="Not now").click()
    expect(card).to_have_count(0)

    # What is the last of a page becomes the first of the next, and then is in another list.
    given = [assign(item["id"]) for item in items[:13]]
    daniel.goto(f"{windows.server}/tutor/students/{student}#as=tutor@demo.test")
    ready(daniel, "Aisha Haddad")
    practice = daniel.get_by_role("region", name="Practice")
    open_lines = practice.locator(":scope > .things > li")
    expect(open_lines).to_have_count(10)
    practice.get_by_role("button", name="Show more practice").first.click()
    expect(open_lines).to_have_count(14)
    tenth = open_lines.filter(has_text=given[3]["questionText"])
    tenth.get_by_role("button", name="Correct it").click()
    practice.get_by_label("Why").fill("Half of a reason")
    assign(items[13]["id"])
    expect(open_lines).to_have_count(15)
    expect(practice.get_by_label("Why")).to_have_value("Half of a reason")
    done = ask(aisha, COMPLETE, input={"id": given[3]["id"], "response": "7"})["completePractice"]
    assert done["practice"] == {"completed": True}
    expect(open_lines.filter(has_text="Said: 7")).to_have_count(1)
    expect(practice.get_by_label("Why")).to_have_value("Half of a reason")
    practice.get_by_role("button", name="Leave it as it is").click()
    expect(open_lines).to_have_count(14)

    # When an answer is lost nobody knows whether something was made; sent again, it is made once.
    lost: list[str] = []

    def lose(route: Route) -> None:
        sent = route.request.post_data or ""
        if "SendNudge" not in sent or lost:
            return route.fallback()
        lost.append(sent)
        route.fetch()
        return route.abort()

    daniel.route("**/graphql", lose)
    line = daniel.get_by_label("A line for Aisha")
    line.fill("Only once.")
    daniel.get_by_role("button", name="Send", exact=True).click()
    expect(daniel.get_by_role("alert")).to_contain_text("What you wrote is still here: try again.")
    daniel.get_by_role("button", name="Send", exact=True).click()
    expect(line).to_have_value("")
    nudges = daniel.get_by_role("region", name="Nudges").get_by_role("listitem")
    expect(nudges.filter(has_text="Only once.")).to_have_count(1)
    windows.forgive("net::ERR_FAILED")
