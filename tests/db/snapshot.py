"""What is in a migrated database, as text: the same on every version of PostgreSQL."""

from typing import Any

import psycopg

# Each gives (object, line). What the versions print in different ways is left out: the texts of views, and not-null
# constraints, which became objects of their own in PostgreSQL 18.
_TABLES = [
    """
    select c.relname, format('  %s %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then ' not null' else '' end,
        case a.attidentity when 'a' then ' identity' else '' end,
        case when d.oid is null then '' when a.attgenerated = 's' then ' generated ' else ' default ' end
            || coalesce(pg_get_expr(d.adbin, d.adrelid), ''))
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'v') and c.relnamespace = 'public'::regnamespace order by c.relname, a.attnum
    """,
    """
    select conrelid::regclass::text, format('  constraint %s %s', conname, pg_get_constraintdef(oid))
    from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c')
    order by conrelid::regclass::text, conname
    """,
    """
    select i.indrelid::regclass::text, '  ' || pg_get_indexdef(i.indexrelid)
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'public'::regnamespace
        and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u'))
    order by c.relname
    """,
]
_REST = [
    """
    select tgrelid::regclass::text, '  ' || pg_get_triggerdef(oid)
    from pg_trigger where not tgisinternal order by tgname
    """,
    """
    select c.relname, format('  %s %s', case c.relkind when 'v' then 'view of ' || pg_get_userbyid(c.relowner)
        else 'row security' end, case c.relkind when 'v' then c.reloptions::text
        else case when c.relrowsecurity and c.relforcerowsecurity then 'forced' else 'off' end end)
    from pg_class c where c.relkind in ('r', 'v') and c.relnamespace = 'public'::regnamespace order by c.relname
    """,
    """
    select tablename, format('  policy %s for %s to %s using %s check %s', policyname, cmd, roles, qual, with_check)
    from pg_policies order by tablename, policyname
    """,
    """
    select table_name, format('  grant %s (%s) to %s', lower(privilege_type),
        string_agg(column_name, ', ' order by column_name), grantee)
    from information_schema.column_privileges
    where grantee like 'study%' and table_schema = 'public' and table_name not in (
        select relname from pg_class where pg_get_userbyid(relowner) = grantee)
    group by table_name, privilege_type, grantee order by grantee, table_name, privilege_type
    """,
    """
    select table_name, format('  grant %s to %s', lower(privilege_type), grantee)
    from information_schema.table_privileges
    where grantee in ('study_app', 'study_vault', 'PUBLIC') and table_schema = 'public' and privilege_type = 'DELETE'
        and table_name not in (select relname from pg_class where pg_get_userbyid(relowner) = grantee)
    order by table_name, grantee
    """,
    """
    select p.oid::regprocedure::text, format('  returns %s, %s, %s%s, executable by %s',
        pg_get_function_result(p.oid),
        l.lanname, case p.provolatile when 's' then 'stable' when 'v' then 'volatile' else 'immutable' end,
        case when p.prosecdef then ', security definer as ' || pg_get_userbyid(p.proowner) else '' end
            || coalesce(', ' || array_to_string(p.proconfig, ' '), ''),
        (select coalesce(string_agg(r.grantee, ' ' order by r.grantee), 'its owner') from (
            select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end as grantee
            from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner) r))
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace order by p.oid::regprocedure::text
    """,
]


def listing(connection: psycopg.Connection[Any]) -> str:
    """One paragraph an object, in the order of their names."""
    found = _lines(connection, _TABLES + _REST)
    return "\n".join("\n".join([name, *lines, ""]) for name, lines in sorted(found.items()))


def structure(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Columns, constraints and indexes alone, by table or view."""
    return _lines(connection, _TABLES)


def _lines(connection: psycopg.Connection[Any], queries: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for query in queries:
        for name, line in connection.execute(query):
            found.setdefault(name, []).append(line)
    return found
