"""The pages when the network, the server or a token goes away: what is said, what stays, and what comes again."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import WebSocket, expect

from db.demo_ids import demo_sub
from domain.identity.choice import local_issuer_for
from tests.web.conftest import Served, Windows, Wire, picture
from tests.web.test_pages import NUDGE, ask, at, heard, ready


def test_what_was_missed_while_the_network_was_cut_comes_with_it(wire: Wire, windows: Windows) -> None:
    daniel = windows.open(at("/tutor", "tutor"))
    aisha = windows.open(at("/student", "aisha"), through=wire.address)
    ready(daniel, "Students")
    expect(aisha.locator(".connection")).to_have_text("Live")
    expect(aisha.locator("main")).to_contain_text("A 5 in AP Physics 1")
    found = ask(daniel, '{ students(where: { search: "Aisha" }) { nodes { id } } }')
    who = found["students"]["nodes"][0]["id"]
    wire.cut()
    expect(aisha.locator(".connection")).to_contain_text("Reconnecting: this is how things were at")
    # What was read stays to be seen.
    expect(aisha.locator("main")).to_contain_text("A 5 in AP Physics 1")
    picture(aisha, "student-cut-light")
    for number in range(3):
        ask(daniel, NUDGE, id=who, message=f"Said while you were away, {number}.")
    expect(aisha.locator("main")).not_to_contain_text("while you were away")
    wire.mend()
    expect(aisha.locator(".connection")).to_have_text("Live")
    for number in range(3):
        heard(aisha, f"Said while you were away, {number}.")
    expect(aisha.locator(".nudge")).to_have_count(3)
    said = aisha.evaluate("heard.filter((said) => said.includes('while you were away'))")
    assert len(said) == 3  # each of them once
    # After a sleep nothing says that the connection is dead; it is found out.
    wire.fall_silent()
    ask(daniel, NUDGE, id=who, message="Said while you slept.")
    aisha.evaluate("window.dispatchEvent(new Event('online'))")
    expect(aisha.locator("main")).to_contain_text("Said while you slept.")
    expect(aisha.locator(".connection")).to_have_text("Live")
    windows.forgive("net::ERR")
    windows.forgive("WebSocket connection")


def test_what_is_said_in_passing_waits_for_whoever_reads_it(windows: Windows) -> None:
    daniel, aisha = windows.open(at("/tutor", "tutor")), windows.open(at("/student/ask", "aisha"))
    ready(aisha, "Ask")
    found = ask(daniel, '{ students(where: { search: "Aisha" }) { nodes { id } } }')
    # Its time goes on when the test says so.
    aisha.clock.install()
    aisha.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    ask(daniel, NUDGE, id=found["students"]["nodes"][0]["id"], message="Read me.")
    said = aisha.locator(".toast").filter(has_text="Read me.")
    said.hover()
    aisha.clock.fast_forward(30_000)
    expect(said).to_have_count(1)
    aisha.mouse.move(0, 0)
    aisha.clock.fast_forward(30_000)
    expect(said).to_have_count(0)


def test_a_token_is_renewed_while_the_connection_goes_on(windows: Windows, served: Served) -> None:
    issuer = local_issuer_for(data_dir=served.data)
    page = windows.open("/")
    frames: list[str] = []
    sockets: list[WebSocket] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket)
        socket.on("framesent", lambda frame: frames.append(str(frame)))
        socket.on("framereceived", lambda frame: frames.append(str(frame)))

    page.on("websocket", opened)
    page.route(
        "**/demo/tokens",
        lambda route: route.fulfill(json={"token": issuer.issue(demo_sub("student"), lifetime=timedelta(seconds=57))}),
    )
    page.get_by_role("button", name="Student Maya Lindqvist").click()
    expect(page.locator(".connection")).to_have_text("Live")
    while not any("expiresAt" in frame and '"next"' in frame for frame in frames):
        page.wait_for_timeout(50)
    assert any("renewToken(" in frame for frame in frames)
    assert len(sockets) == 1


def test_what_goes_wrong_is_said_and_leaves_the_rest_standing(windows: Windows, served: Served) -> None:
    page = windows.open(f"{at('/', 'student')}%E0%A4%A")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What was learned")
    page.goto(f"{windows.server}{at('/tutor/students/%E0%A4%A', 'tutor')}")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    # A database that is away for a moment is asked again.
    away = {"errors": [{"message": "The database cannot be reached.", "extensions": {"code": "UNAVAILABLE"}}]}
    page.route("**/graphql", lambda route: route.fulfill(status=503, json=away), times=1)
    page.get_by_role("link", name="Students", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The database cannot be reached.")
    ready(page, "Students")
    # Of a page that has not been loaded yet nothing can be had.
    page.route("**/assets/**", lambda route: route.abort())
    page.get_by_role("link", name="Analytics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be loaded")
    page.get_by_role("link", name="Students", exact=True).click()
    ready(page, "Students")
    page.unroute("**/assets/**")
    page.route("**/graphql", lambda route: route.fulfill(status=502, body="<html>Bad gateway"))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached just now.")
    page.unroute("**/graphql")
    page.route("**/graphql", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached just now.")
    page.unroute("**/graphql")
    # A token that has ended is not sent again and again.
    page.route("**/demo/people", lambda route: route.fulfill(json={"people": []}))
    page.goto(f"{windows.server}/")
    page.reload()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    token = local_issuer_for(data_dir=served.data).issue(demo_sub("student"), lifetime=timedelta(seconds=3))
    page.get_by_label("Access token").fill(token)
    page.get_by_role("button", name="Use").click()
    expect(page.locator(".connection")).to_have_text("Signed out: your token has ended, use another")
    page.wait_for_timeout(1_500)
    assert len(sockets) == 1
    windows.forgive("Failed to load resource")
    windows.forgive("Unable to preload CSS")
    windows.forgive("Failed to fetch dynamically imported module")
