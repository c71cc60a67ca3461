"""The tables of the schema `jobs` as far as our own statements use them; procrastinate makes all but the errors.

Enums are written as text: PostgreSQL takes a plain word for one.
"""

import sqlalchemy as sa

from db.columns import JSON, TIME

metadata = sa.MetaData(schema="jobs")

jobs = sa.Table(
    "procrastinate_jobs",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("queue_name", sa.String(128), nullable=False),
    sa.Column("task_name", sa.String(128), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("args", JSON, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("scheduled_at", TIME),
    sa.Column("attempts", sa.Integer, nullable=False),
)

job_events = sa.Table(
    "procrastinate_events",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("job_id", sa.BigInteger, nullable=False),
    sa.Column("type", sa.Text),
    sa.Column("at", TIME),
)

errors = sa.Table(
    "errors",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("job_id", sa.BigInteger, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("place", sa.Text),
    sa.Column("occurred_at", TIME, nullable=False),
)
