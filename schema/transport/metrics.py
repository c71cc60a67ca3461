"""What the open connections look like to Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/ - the text format, in which a number is one line.
"""

from collections.abc import Iterator, Mapping

from schema.transport.sockets import Sockets

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(sockets: Sockets) -> str:
    """All numbers, as text."""
    return "".join(_lines(sockets))


def _lines(sockets: Sockets) -> Iterator[str]:
    counts = sockets.counts
    open_now = {"websocket": counts.websockets, "event_stream": counts.event_streams}
    yield _family("connections", "gauge", "WebSockets and event streams that are open.", "kind", open_now)
    yield _family("operations", "gauge", "Operations under way on them.", "", {"": counts.operations})
    yield _family("connections_opened_total", "counter", "Connections opened.", "", {"": counts.opened})
    yield _family("connections_refused_total", "counter", "Connections refused.", "", {"": counts.refused})
    yield _family("messages_sent_total", "counter", "Messages sent to clients.", "", {"": counts.sent})
    yield _family("connections_closed_total", "counter", "Connections closed.", "code", counts.closed)
    yield _family("leaving", "gauge", "1 once the server is to stop.", "", {"": int(sockets.leaving)})


def _family(name: str, kind: str, text: str, label: str, values: Mapping[str, int]) -> str:
    name = f"study_{name}"
    labels = {value: f'{{{label}="{value}"}}' if label else "" for value in values}
    samples = "".join(f"{name}{labels[value]} {number}\n" for value, number in sorted(values.items()))
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n{samples}"
