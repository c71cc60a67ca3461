-- A row policy shows a row whole. Columns that only some of its readers may see are left out of study_app's grants
-- and shown by these views, which run as study_vault and carry the whole rule, rows and columns, in their where
-- clause. security_barrier: no condition of the reader's runs before that rule.

grant select (id, cognito_sub, role, profile, gamification, analytics, disclaimer_shown) on users to study_vault;
grant select (id, tutor_id, student_id, status, notes) on tutor_student_assignments to study_vault;
grant select (parent_id, student_id, status) on parent_student_links to study_vault;
grant select (id, student_id, tutor_id, transcript_text, transcript_storage_url, notes) on sessions to study_vault;
grant select on practice_bank_items to study_vault;
grant select (id, student_id, bank_item_id, ai_answer_text, ai_explanation, completed)
on practice_assignments to study_vault;
grant select (
    id, student_id, override_type, practice_assignment_id, original_content, new_content
) on overrides to study_vault;

create view session_transcripts with (security_barrier = true) as
select
    id as session_id,
    student_id,
    transcript_text,
    transcript_storage_url
from sessions
where
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())));

create view session_notes with (security_barrier = true) as
select
    id as session_id,
    notes
from sessions
where
    (select sees_all())
    or (tutor_id = (select viewer_id()) and student_id in (select unnest(visible_students())));

create view assignment_notes with (security_barrier = true) as
select
    id as assignment_id,
    notes
from tutor_student_assignments
where (select sees_all()) or tutor_id = (select viewer_id());

-- The answer to an item is shown to its tutor, and to everyone who sees the item once it has been completed.
create view practice_solutions with (security_barrier = true) as
select
    pa.id as practice_assignment_id,
    coalesce(pa.ai_answer_text, item.answer_text) as answer_text,
    coalesce(pa.ai_explanation, item.explanation) as explanation
from practice_assignments as pa
left join practice_bank_items as item on pa.bank_item_id = item.id
where
    (select sees_all())
    or (
        pa.student_id in (select unnest(visible_students()))
        and (pa.completed or (select viewer_role()) = 'tutor')
    );

-- Here too, but for whoever has the item to do (again), and for whoever sees somebody who has.
create view bank_solutions with (security_barrier = true) as
select
    item.id as bank_item_id,
    item.answer_text,
    item.explanation
from practice_bank_items as item
where
    (select sees_all())
    or (select viewer_role()) = 'tutor'
    or (
        exists (
            select
            from practice_assignments as pa
            where
                pa.bank_item_id = item.id
                and pa.completed
                and pa.student_id = any ((select visible_students())::uuid [])
        )
        and not exists (
            select
            from practice_assignments as pa
            where
                pa.bank_item_id = item.id
                and not pa.completed
                and pa.student_id = any ((select visible_students())::uuid [])
        )
    );

-- An override of a practice item holds its answer: out it comes, until the item is completed.
create view override_contents with (security_barrier = true) as
select
    o.id as override_id,
    case when shown.whole then o.original_content else o.original_content - shown.secret end as original_content,
    case when shown.whole then o.new_content else o.new_content - shown.secret end as new_content
from overrides as o
left join practice_assignments as pa on o.practice_assignment_id = pa.id
cross join lateral (
    select
        o.override_type <> 'practice'
        or (select sees_all())
        or (select viewer_role()) = 'tutor'
        or coalesce(pa.completed, false) as whole,
        array['answer', 'explanation', 'answer_text', 'ai_answer_text', 'ai_explanation'] as secret
) as shown
where
    (select sees_all())
    or (
        o.student_id in (select unnest(visible_students()))
        and ((select viewer_role()) <> 'parent' or o.override_type <> 'qa_answer')
    );

create view user_details with (security_barrier = true) as
select
    id as user_id,
    profile,
    gamification,
    analytics,
    disclaimer_shown
from users
where
    (select sees_all())
    or id = (select viewer_id())
    or id in (select unnest(visible_students()));

-- Not for secrecy but for speed: everything of the bank that tutors and administrators may read anyway. Conditions on
-- arrays (`goal_tags && ...`) are not leakproof, and PostgreSQL keeps such a condition away from an index on a
-- table with a policy: searching the table by tag would read all of it. Here the rule is a one-time test that
-- comes before the scan, and no barrier is needed: no row is touched for nobody.
create view practice_bank_catalog as
select
    id,
    question_text,
    choices,
    answer_type,
    subject_id,
    difficulty_level,
    goal_tags,
    topic_tags,
    created_by,
    version,
    is_active,
    external_id,
    source,
    licence,
    created_at,
    updated_at
from practice_bank_items
where (select viewer_role()) in ('tutor', 'admin', 'system');

grant select on
session_transcripts, session_notes, assignment_notes, practice_solutions, bank_solutions, override_contents,
user_details, practice_bank_catalog
to study_app;

-- An owner needs the right to create at the moment it is given a view, and never again.
grant create on schema public to study_vault;
alter view session_transcripts owner to study_vault;
alter view session_notes owner to study_vault;
alter view assignment_notes owner to study_vault;
alter view practice_solutions owner to study_vault;
alter view bank_solutions owner to study_vault;
alter view override_contents owner to study_vault;
alter view user_details owner to study_vault;
alter view practice_bank_catalog owner to study_vault;
alter function set_viewer(text, boolean) owner to study_vault;
alter function is_practice_item_assigned(uuid) owner to study_vault;
revoke create on schema public from study_vault;
