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
-- security definer, as study_vault (0407), because it comes before the rules it sets up: under the caller's own
-- policies it would need a way around them to find the person, and took 1.1 ms for a tutor of 200 students
-- instead of 0.3. It takes nothing but a subject and gives nothing but that person's id and role.
-- Generic plans: otherwise PostgreSQL would plan anew on every call for its guess of how many students there are.
create function set_viewer(p_cognito_sub text, p_read_only boolean)
returns table (id uuid, role text)
language plpgsql
security definer
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_id uuid;
    v_role text;
    v_students uuid[];
    v_people uuid[];
begin
    select person.id, person.role into v_id, v_role
    from users as person
    where person.cognito_sub = p_cognito_sub;

    if v_role = 'student' then
        v_students := array[v_id];
    elsif v_role = 'tutor' then
        select array_agg(distinct assignment.student_id) into v_students
        from tutor_student_assignments as assignment
        where assignment.tutor_id = v_id and assignment.status = 'active';
    elsif v_role = 'parent' then
        select array_agg(link.student_id) into v_students
        from parent_student_links as link
        where link.parent_id = v_id and link.status = 'active';
    end if;

    -- A student's tutors stay known to those around the student when an assignment is paused or over: their names
    -- stand on sessions and summaries. Parents are not shown to one another.
    if v_students is null then
        v_people := array[v_id];
    else
        select array_agg(around.id) into v_people
        from (
            select v_id as id
            union
            select student.id from unnest(v_students) as student (id)
            union
            select assignment.tutor_id
            from tutor_student_assignments as assignment
            where assignment.student_id = any (v_students)
            union
            select link.parent_id
            from parent_student_links as link
            where link.student_id = any (v_students) and link.status = 'active' and v_role <> 'parent'
        ) as around;
    end if;

    -- Every setting is written on every path: nothing of an earlier viewer is left. Null is written as ''.
    perform
        set_config('app.viewer_sub', case when v_id is null then '' else p_cognito_sub end, true),
        set_config('app.viewer_id', coalesce(v_id::text, ''), true),
        set_config('app.viewer_role', coalesce(v_role, ''), true),
        set_config('app.students', coalesce(v_students::text, ''), true),
        set_config('app.people', case when v_id is null then '' else v_people::text end, true);
    if p_read_only and v_role is distinct from 'admin' then
        perform set_config('transaction_read_only', 'on', true);
    end if;

    if v_id is not null then
        return query select v_id, v_role;
    end if;
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
