-- Which rows exist for the viewer. `force`, so that the owner of the tables is held to the same rules (only a
-- superuser is not).
--
-- Policies for one command are read as: _read (select), _add (insert), _change (update), _remove (delete). A command
-- without a policy is refused. Helpers are called inside sub-selects: those run once a statement, not once a row.
-- `in (select unnest(...))` becomes a hash that is built once; see the note on speed at the end.

do $$
declare
    v_table text;
begin
    foreach v_table in array array[
        'users', 'subjects', 'tutor_student_assignments', 'parent_student_links', 'goals', 'sessions', 'summaries',
        'practice_bank_items', 'practice_assignments', 'student_ratings', 'qa_interactions', 'nudges', 'overrides',
        'audit_log'
    ] loop
        execute format('alter table %I enable row level security, force row level security', v_table);
    end loop;
end;
$$;

-- users
create policy users_read on users for select using (
    (select sees_all()) or id in (select unnest(visible_people()))
);
create policy users_add on users for insert with check ((select sees_all()));
-- Nobody makes themselves a tutor, or somebody else.
create policy users_change on users for update
using ((select sees_all()) or id = (select viewer_id()))
with check (
    (select sees_all())
    or (id = (select viewer_id()) and role = (select viewer_role()) and cognito_sub = (select viewer_sub()))
);
create policy users_remove on users for delete using ((select sees_all()));

-- subjects
create policy subjects_read on subjects for select using ((select viewer_role()) is not null);
create policy subjects_add on subjects for insert with check ((select sees_all()));
create policy subjects_change on subjects for update using ((select sees_all()));

-- tutor_student_assignments. A tutor keeps sight of a paused or completed assignment, not of the student, and changes
-- it only while it is active: pausing a tutor's assignments cuts the tutor off until an administrator says otherwise.
create policy tutor_student_assignments_read on tutor_student_assignments for select using (
    (select sees_all())
    or tutor_id = (select viewer_id())
    or student_id in (select unnest(visible_students()))
);
create policy tutor_student_assignments_add on tutor_student_assignments for insert with check ((select sees_all()));
create policy tutor_student_assignments_change on tutor_student_assignments for update
using ((select sees_all()) or (tutor_id = (select viewer_id()) and status = 'active'))
with check ((select sees_all()) or tutor_id = (select viewer_id()));

-- parent_student_links. One parent does not learn of another; a parent's only change is to end their own link.
create policy parent_student_links_read on parent_student_links for select using (
    (select sees_all())
    or parent_id = (select viewer_id())
    or ((select viewer_role()) <> 'parent' and student_id in (select unnest(visible_students())))
);
create policy parent_student_links_add on parent_student_links for insert with check ((select sees_all()));
create policy parent_student_links_change on parent_student_links for update
using ((select sees_all()) or parent_id = (select viewer_id()))
with check ((select sees_all()) or (parent_id = (select viewer_id()) and status = 'ended'));

-- goals. A parent reads and does not write, here and below.
create policy goals_read on goals for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy goals_add on goals for insert with check (
    (select sees_all())
    or (
        (select viewer_role()) in ('student', 'tutor')
        and student_id in (select unnest(visible_students()))
        and created_by = (select viewer_id())
    )
);
create policy goals_change on goals for update using (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);

-- sessions
create policy sessions_read on sessions for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy sessions_add on sessions for insert with check (
    (select sees_all())
    or (tutor_id = (select viewer_id()) and student_id in (select unnest(visible_students())))
);
create policy sessions_change on sessions for update using (
    (select sees_all())
    or (tutor_id = (select viewer_id()) and student_id in (select unnest(visible_students())))
);

-- summaries
create policy summaries_read on summaries for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy summaries_add on summaries for insert with check ((select sees_all()));
create policy summaries_change on summaries for update using (
    (select sees_all())
    or ((select viewer_role()) = 'tutor' and student_id in (select unnest(visible_students())))
);

-- practice_bank_items. The bank is the staff's; others see what they have been given of it. One look into an index an
-- item (idx_pa_bank_item_student) or into what those students have, and none for staff.
create policy practice_bank_items_read on practice_bank_items for select using (
    (select sees_all())
    or (select viewer_role()) = 'tutor'
    or exists (
        select
        from practice_assignments as pa
        where
            pa.bank_item_id = practice_bank_items.id
            and pa.student_id = any ((select visible_students())::uuid [])
    )
);
create policy practice_bank_items_add on practice_bank_items for insert with check (
    (select sees_all()) or ((select viewer_role()) = 'tutor' and created_by = (select viewer_id()))
);
create policy practice_bank_items_change on practice_bank_items for update using (
    (select sees_all()) or ((select viewer_role()) = 'tutor' and created_by = (select viewer_id()))
);

-- practice_assignments
create policy practice_assignments_read on practice_assignments for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy practice_assignments_add on practice_assignments for insert with check (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);
create policy practice_assignments_change on practice_assignments for update using (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);

-- student_ratings
create policy student_ratings_read on student_ratings for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy student_ratings_add on student_ratings for insert with check (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);
create policy student_ratings_change on student_ratings for update using (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);

-- qa_interactions. What a student asks is not for their parents.
create policy qa_interactions_read on qa_interactions for select using (
    (select sees_all())
    or ((select viewer_role()) <> 'parent' and student_id in (select unnest(visible_students())))
);
create policy qa_interactions_add on qa_interactions for insert with check (
    (select sees_all()) or ((select viewer_role()) = 'student' and student_id = (select viewer_id()))
);
create policy qa_interactions_change on qa_interactions for update using (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);

-- nudges
create policy nudges_read on nudges for select using (
    (select sees_all())
    or user_id = (select viewer_id())
    or user_id in (select unnest(visible_students()))
);
create policy nudges_add on nudges for insert with check (
    (select sees_all())
    or ((select viewer_role()) = 'tutor' and user_id in (select unnest(visible_students())))
);
create policy nudges_change on nudges for update using ((select sees_all()) or user_id = (select viewer_id()));

-- overrides
create policy overrides_read on overrides for select using (
    (select sees_all())
    or (
        student_id in (select unnest(visible_students()))
        and ((select viewer_role()) <> 'parent' or override_type <> 'qa_answer')
    )
);
create policy overrides_add on overrides for insert with check (
    (select viewer_role()) = 'system'
    or (tutor_id = (select viewer_id()) and student_id in (select unnest(visible_students())))
);
create policy overrides_change on overrides for update using (
    (select sees_all())
    or ((select viewer_role()) = 'tutor' and student_id in (select unnest(visible_students())))
);

-- audit_log. Everybody's acts are written in their own name; only those who see all may read them.
create policy audit_log_read on audit_log for select using ((select sees_all()));
create policy audit_log_add on audit_log for insert with check (
    (select viewer_role()) = 'system'
    or (actor_id = (select viewer_id()) and actor_role = (select viewer_role()))
);

-- study_vault owns set_viewer and the views of 0407; their where clauses hold the rules for the rows as well.
create policy users_vault on users for select to study_vault using (true);
create policy tutor_student_assignments_vault on tutor_student_assignments for select to study_vault using (true);
create policy parent_student_links_vault on parent_student_links for select to study_vault using (true);
create policy sessions_vault on sessions for select to study_vault using (true);
create policy practice_bank_items_vault on practice_bank_items for select to study_vault using (true);
create policy practice_assignments_vault on practice_assignments for select to study_vault using (true);
create policy overrides_vault on overrides for select to study_vault using (true);

-- Speed. 5,000 students with 8 goals and 20 sessions each, prepared statements, one round trip on a local socket;
-- milliseconds on PostgreSQL 18, for a tutor of 20 and of 200 students:
--
--                                          goals of all  5 sessions each  count of summaries
--   no row security                         0.19   1.1      0.20   1.2        0.18   0.8
--   in (select unnest(visible_students()))  0.33   1.7      0.33   1.7        0.27   1.2
--   = any ((select visible_students()))     0.22   1.9      0.24   2.0        0.22   2.4
--   = any (visible_students())              1.44   123      1.03    76        2.99   271
--
-- (15 is alike, there the first two ways cost the same for 20.) The hash wins where there are many rows, and only
-- there does it matter. What is left of its cost is reading the list of ids, about 0.3 microseconds an id for each
-- table of a statement.
--
-- A policy can only take rows away from what a condition found: `sees_all() or ...` is never an index condition.
-- A list that is not of one parent must name its own students (`student_id = any (...)`) to be read by an index.
