"""What a login may do as the application, looked at before anything is served with it."""

from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo

from db import views
from db.embedded.cluster import APPLICATION_ROLE
from db.migrate import ROLES, DatabaseUnusable, connect, parts_of, refuse_old
from db.tables import metadata


@dataclass(frozen=True, slots=True)
class Access:
    """How the application gets into a database."""

    server_version: str
    database: str
    user: str
    warnings: tuple[str, ...]
    """Sentences about what should not be so, although the application works."""


def as_application(url: str) -> str:
    """The address by which a connection has the application's role from its first statement.

    Raises DatabaseUnusable for one that cannot be read.
    """
    given = parts_of(url)
    if given.get("user") == APPLICATION_ROLE:
        return url
    return make_conninfo(url, options=f"{given.get('options') or ''} -c role={APPLICATION_ROLE}".strip())


def check_access(url: str) -> Access:
    """How `url` lets the application in. Raises DatabaseUnusable when the application could not work there."""
    with connect(url) as connection:
        refuse_old(connection.info.server_version)
        _check_roles(connection)
        access = _check_login(connection)
        _check_schema(connection)
    try:
        with connect(as_application(url)) as connection:
            connection.execute("select set_system()")
    except psycopg.Error as error:
        raise DatabaseUnusable(f"The application cannot work in the database: {str(error).splitlines()[0]}.") from error
    return access


def holds_ciphertext(url: str) -> bool:
    """Whether anything is there, or in the transcript store, that only the keys can open."""
    with connect(as_application(url)) as connection:
        connection.execute("select set_system()")
        row = connection.execute(
            """
            select
                exists (
                    select 1 from session_transcripts
                    where transcript_text is not null or transcript_storage_url is not null
                )
                or exists (select 1 from session_notes where notes is not null)
                or exists (select 1 from assignment_notes where notes is not null)
            """
        ).fetchone()
    return row is not None and bool(row[0])


def _check_roles(connection: psycopg.Connection) -> None:
    """The two roles are there and bound by row security, whoever logs in."""
    rows = connection.execute(
        """
        select wanted, rolname is not null, coalesce(rolsuper or rolbypassrls, false)
        from unnest(%s::text[]) as wanted left join pg_roles on rolname = wanted
        """,
        [list(ROLES)],
    ).fetchall()
    if missing := [role for role, there, _ in rows if not there]:
        raise DatabaseUnusable(
            f"The database has no role {' and no role '.join(missing)}: run `study-companion migrate`."
        )
    for role, _, unbound in rows:
        if unbound:
            raise DatabaseUnusable(
                f"The role {role} can step around row security: run `alter role {role} nosuperuser nobypassrls`."
            )
    others = connection.execute(
        """
        select rolname::text from pg_roles
        where (rolsuper or rolbypassrls or rolname <> %(role)s and rolname = any (%(roles)s))
            and pg_has_role(%(role)s::name, oid, 'member')
        """,
        {"role": APPLICATION_ROLE, "roles": list(ROLES)},
    ).fetchall()
    for (other,) in others:
        raise DatabaseUnusable(
            f"The role {APPLICATION_ROLE} can step around row security as a member of {other}: "
            f"run `revoke {other} from {APPLICATION_ROLE}`."
        )


def _check_login(connection: psycopg.Connection) -> Access:
    row = connection.execute(
        """
        select
            login.rolname::text,
            login.rolsuper or login.rolbypassrls,
            current_database()::text,
            pg_has_role(
                login.oid,
                %(role)s::regrole,
                case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end
            ),
            has_database_privilege(%(role)s::name, current_database(), 'temporary')
        from pg_roles as login
        where login.rolname = session_user
        """,
        {"role": APPLICATION_ROLE},
    ).fetchone()
    assert row is not None  # noqa: S101 - everybody who is connected has a role
    user, unbound, database, member, may_stage = row
    if not member:
        raise DatabaseUnusable(
            f"User {user} may not become {APPLICATION_ROLE}: "
            f"have the database's owner run `grant {APPLICATION_ROLE} to {user}`."
        )
    warnings = []
    if unbound:
        warnings.append(
            f"User {user} of DATABASE_URL is a superuser or has bypassrls. The application works as "
            f"{APPLICATION_ROLE}, which row security holds; a login without such rights is safer still."
        )
    if not may_stage:
        warnings.append(
            f"The role {APPLICATION_ROLE} may not make temporary tables, which imports need: "
            f"run `grant temporary on database {database} to {APPLICATION_ROLE}`."
        )
    version = connection.info.parameter_status("server_version") or "of unknown version"
    return Access(version, database, user, tuple(warnings))


def _check_schema(connection: psycopg.Connection) -> None:
    """All that this program reads and writes is there, and under row security, whatever the list of migrations says."""
    wanted = {
        (table.name, column.name)
        for known in (metadata, views.metadata)
        for table in known.tables.values()
        for column in table.columns
    }
    rows = connection.execute(
        """
        select c.relname::text, a.attname::text
        from pg_class as c join pg_attribute as a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
        """
    ).fetchall()
    missing = sorted(wanted.difference(rows))
    if len(missing) == len(wanted):
        raise DatabaseUnusable("The database has none of this program's tables: run `study-companion migrate`.")
    if missing:
        table, column = missing[0]
        raise DatabaseUnusable(
            f"The database is older than this program, or another ({table}.{column} is not there): "
            "run `study-companion migrate` as its owner."
        )
    unforced = connection.execute(
        """
        select relname::text from pg_class
        where relnamespace = 'public'::regnamespace and relname = any (%s)
            and not (relrowsecurity and relforcerowsecurity)
        order by relname
        """,
        [list(metadata.tables)],
    ).fetchall()
    if unforced:
        names = ", ".join(name for (name,) in unforced)
        raise DatabaseUnusable(
            f"Row security is not forced on {names}: run `alter table ... enable row level security, "
            "force row level security` on each."
        )
