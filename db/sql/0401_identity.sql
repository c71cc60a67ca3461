-- Phase 4, functions, views and security.
--
-- Who is asking, for the length of one transaction. set_viewer works out once whom the viewer may see and leaves
-- it in settings local to the transaction; row policies only compare with those. Nothing set means nobody, and
-- nobody sees nothing.
--
-- The bodies are parsed now, not when they run, so no search_path can bend them, and without a SET clause
-- PostgreSQL may inline them.

create function viewer_sub() returns text
language sql stable parallel safe
return nullif(current_setting('app.viewer_sub', true), '');

create function viewer_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.viewer_id', true), '')::uuid;

-- 'student', 'tutor', 'parent', 'admin', or 'system' for jobs, imports and the command line.
create function viewer_role() returns text
language sql stable parallel safe
return nullif(current_setting('app.viewer_role', true), '');

create function sees_all() returns boolean
language sql stable parallel safe
return coalesce(current_setting('app.viewer_role', true) in ('admin', 'system'), false);

-- The students whose rows the viewer may see: a student themselves, a tutor's actively assigned ones, a parent's
-- linked children. Empty for those who see all.
create function visible_students() returns uuid []
language sql stable parallel safe
return coalesce(nullif(current_setting('app.students', true), ''), '{}')::uuid [];

-- The rows of users the viewer may see: themselves, the students above, and the people around those students.
create function visible_people() returns uuid []
language sql stable parallel safe
return coalesce(nullif(current_setting('app.people', true), ''), '{}')::uuid [];

-- Call once, first thing in a transaction. Gives the person's id and role, or no row for somebody unknown, who
-- then sees nothing. p_read_only makes the transaction refuse writes, except for an admin: reading a transcript
-- as an admin writes to the audit log in the same transaction.
--
-- It runs with the caller's own rights, under the policies it serves: each step sets just what the next one's
-- policies need. Its queries ask the helpers instead of using variables: a query without parameters is planned
-- once a connection, one with parameters might be planned on every call.
create function set_viewer(p_cognito_sub text, p_read_only boolean)
returns table (id uuid, role text)
language plpgsql
as $$
declare
    v_students uuid[];
    v_people uuid[];
begin
    perform
        pg_catalog.set_config('app.viewer_sub', coalesce(p_cognito_sub, ''), true),
        pg_catalog.set_config('app.viewer_id', '', true),
        pg_catalog.set_config('app.viewer_role', '', true),
        pg_catalog.set_config('app.students', '', true),
        pg_catalog.set_config('app.people', '', true);

    select person.id, person.role into set_viewer.id, set_viewer.role
    from public.users as person
    where person.cognito_sub = (select public.viewer_sub());

    if p_read_only and set_viewer.role is distinct from 'admin' then
        perform pg_catalog.set_config('transaction_read_only', 'on', true);
    end if;
    if set_viewer.id is null then
        return;
    end if;

    perform
        pg_catalog.set_config('app.viewer_id', set_viewer.id::text, true),
        pg_catalog.set_config('app.viewer_role', set_viewer.role, true);

    if set_viewer.role = 'student' then
        v_students := array[set_viewer.id];
    elsif set_viewer.role = 'tutor' then
        select array_agg(distinct assignment.student_id) into v_students
        from public.tutor_student_assignments as assignment
        where assignment.tutor_id = (select public.viewer_id()) and assignment.status = 'active';
    elsif set_viewer.role = 'parent' then
        select array_agg(link.student_id) into v_students
        from public.parent_student_links as link
        where link.parent_id = (select public.viewer_id()) and link.status = 'active';
    end if;

    if v_students is null then
        perform pg_catalog.set_config('app.people', array[set_viewer.id]::text, true);
    else
        perform pg_catalog.set_config('app.students', v_students::text, true);
        -- A student's tutors stay known to those around the student when an assignment is paused or over:
        -- their names stand on sessions and summaries. Parents are not shown to one another.
        select array_agg(around.id) into v_people
        from (
            select student.id from pg_catalog.unnest(public.visible_students()) as student (id)
            union
            select public.viewer_id()
            union
            select assignment.tutor_id
            from public.tutor_student_assignments as assignment
            where assignment.student_id = any ((select public.visible_students())::uuid[])
            union
            select link.parent_id
            from public.parent_student_links as link
            where link.student_id = any ((select public.visible_students())::uuid[])
                and link.status = 'active'
                and (select public.viewer_role()) <> 'parent'
        ) as around;
        perform pg_catalog.set_config('app.people', v_people::text, true);
    end if;
    return next;
end;
$$;

-- For jobs, imports and the command line: sees and writes everything, for the length of the transaction.
create function set_system() returns void
language plpgsql
as $$
begin
    perform
        pg_catalog.set_config('app.viewer_sub', '', true),
        pg_catalog.set_config('app.viewer_id', '', true),
        pg_catalog.set_config('app.viewer_role', 'system', true),
        pg_catalog.set_config('app.students', '', true),
        pg_catalog.set_config('app.people', '', true);
end;
$$;
