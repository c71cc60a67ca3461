"""What open connections, live push, operations and the background jobs look like to Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/ - the text format, in which a number is one line.
"""

from collections.abc import Iterator, Mapping

from db.live import Live
from domain.jobs import JobCounts
from schema.execution.extension import BreadthFirst
from schema.transport.sockets import Sockets

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(sockets: Sockets, live: Live, jobs: JobCounts | None) -> str:
    """All numbers, as text; without those of the jobs, which all processes share, where they are not known."""
    return "".join((*_of_connections(sockets), *_of_events(live), *(() if jobs is None else _of_jobs(jobs))))


def _of_connections(sockets: Sockets) -> Iterator[str]:
    counts = sockets.counts
    open_now = {"websocket": counts.websockets, "event_stream": counts.event_streams}
    yield _family("connections", "gauge", "WebSockets and event streams that are open.", "kind", open_now)
    yield _family("operations", "gauge", "Operations under way on them.", "", {"": counts.operations})
    yield _family("connections_opened_total", "counter", "Connections opened.", "", {"": counts.opened})
    yield _family("connections_refused_total", "counter", "Connections refused.", "", {"": counts.refused})
    yield _family("messages_sent_total", "counter", "Messages sent to clients.", "", {"": counts.sent})
    yield _family("connections_closed_total", "counter", "Connections closed.", "code", counts.closed)
    runs = BreadthFirst.documents.runs
    text = "Operations run breadth-first, or by graphql-core and why."
    yield _family("executions_total", "counter", text, "way", runs)
    yield _family("leaving", "gauge", "1 once the server is to stop.", "", {"": int(sockets.leaving)})


def _of_jobs(jobs: JobCounts) -> Iterator[str]:
    states = {"waiting": jobs.waiting, "later": jobs.later, "running": jobs.running, "failed": jobs.failed}
    yield _family("jobs", "gauge", "Background jobs of all processes; `waiting` ones are due.", "state", states)
    yield _family(
        "jobs_oldest_seconds", "gauge", "How long the oldest job that is due has waited.", "", {"": jobs.oldest_seconds}
    )


def _of_events(live: Live) -> Iterator[str]:
    feed, wakeup = live.feed.status, live.wakeup
    yield _family("events_readable", "gauge", "1 while the event log can be read.", "", {"": int(feed.healthy)})
    yield _family("events_called", "gauge", "1 while a call tells of new events.", "", {"": int(wakeup.healthy)})
    yield _family("events_called_total", "counter", "Times that calls began to be heard.", "", {"": wakeup.attached})
    yield _family("events_held", "gauge", "1 while events wait for an older transaction.", "", {"": int(feed.held)})
    text = "For how long they have waited and none came through."
    yield _family("events_held_seconds", "gauge", text, "", {"": int(feed.held_seconds)})
    yield _family("event_streams_fed", "gauge", "Subscriptions fed from memory.", "", {"": feed.streams})
    yield _family("events_waiting", "gauge", "Events that wait for slow subscriptions.", "", {"": feed.waiting})
    yield _family("events_handed_out_total", "counter", "Events handed to subscriptions.", "", {"": feed.handed_out})


def _family(name: str, kind: str, text: str, label: str, values: Mapping[str, int]) -> str:
    name = f"study_{name}"
    labels = {value: f'{{{label}="{value}"}}' if label else "" for value in values}
    samples = "".join(f"{name}{labels[value]} {number}\n" for value, number in sorted(values.items()))
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n{samples}"
