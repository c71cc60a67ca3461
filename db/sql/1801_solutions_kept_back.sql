-- Phase 18, solutions of what is to be done again are kept back.

-- Whether an item is the student's to do: it is open, or it was answered so long ago that it may be proposed again,
-- which is 21 days for a right answer and 2 for a wrong one, as in domain/practice_choice.py. Security definer: views
-- that run as study_vault and statements that run as study_app ask the same.
create function is_kept_back(p_student_id uuid, p_item_id uuid) returns boolean
language sql
stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select
        ((select sees_all()) or p_student_id = any ((select visible_students())::uuid []))
        and (
            exists (
                select
                from practice_assignments as pa
                where pa.bank_item_id = p_item_id and pa.student_id = p_student_id and not pa.completed
            )
            or exists (
                select
                from practice_bank_items as item
                cross join lateral (
                    select
                        coalesce(pa.completed_at, pa.assigned_at) as answered_at,
                        coalesce(pa.performance_score, 0) as score
                    from practice_assignments as pa
                    where pa.bank_item_id = item.id and pa.student_id = p_student_id and pa.completed
                    order by coalesce(pa.completed_at, pa.assigned_at) desc
                    limit 1
                ) as latest
                where
                    item.id = p_item_id
                    and item.is_active
                    and latest.answered_at
                    <= current_timestamp - case when latest.score >= 0.50 then interval '21 days' else interval '2 days' end
            )
        );
$$;

grant select (performance_score, completed_at, assigned_at) on practice_assignments to study_vault;

-- Shown once it is completed, until the item is to be done again, by the student or by anybody whom the viewer sees.
create or replace view practice_solutions with (security_barrier = true) as
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
        and (
            (select viewer_role()) = 'tutor'
            or (
                pa.completed
                and (
                    pa.bank_item_id is null
                    or not exists (
                        select
                        from unnest((select visible_students())::uuid []) as seen (id)
                        where is_kept_back(seen.id, pa.bank_item_id)
                    )
                )
            )
        )
    );

create or replace view bank_solutions with (security_barrier = true) as
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
            from unnest((select visible_students())::uuid []) as seen (id)
            where is_kept_back(seen.id, item.id)
        )
    );

create or replace view override_contents with (security_barrier = true) as
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
        or (
            coalesce(pa.completed, false)
            and (
                pa.bank_item_id is null
                or not exists (
                    select
                    from unnest((select visible_students())::uuid []) as seen (id)
                    where is_kept_back(seen.id, pa.bank_item_id)
                )
            )
        ) as whole,
        array['answer', 'explanation', 'answer_text', 'ai_answer_text', 'ai_explanation'] as secret
) as shown
where
    (select sees_all())
    or (
        o.student_id in (select unnest(visible_students()))
        and ((select viewer_role()) <> 'parent' or o.override_type <> 'qa_answer')
    );

-- Items of the bank that have any of the words, the most fitting first. What the student has yet to do, or to do again,
-- is among them without its solution: a question that is that item is known by it.
create or replace function search_practice_bank(p_words text [], p_student_id uuid, p_limit integer)
returns table (
    item_id uuid, question_text text, answer_text text, explanation text, subject_name text, is_open boolean, fit real
)
language sql
stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with found as (
        select
            item.id,
            item.question_text,
            item.answer_text,
            item.explanation,
            item.subject_id,
            ts_rank(item.search, asked.query) as fit
        from (select any_of_words(p_words) as query) as asked
        inner join practice_bank_items as item on item.is_active and item.search @@ asked.query
        where
            (select sees_all())
            or (
                (select viewer_role()) in ('student', 'tutor')
                and p_student_id = any ((select visible_students())::uuid [])
            )
        order by fit desc, item.id
        limit p_limit
    )
    select
        found.id,
        found.question_text,
        case when not open.is_open then found.answer_text end,
        case when not open.is_open then found.explanation end,
        subject.name,
        open.is_open,
        found.fit
    from found
    inner join subjects as subject on found.subject_id = subject.id
    cross join lateral (select is_kept_back(p_student_id, found.id) as is_open) as open
    order by found.fit desc, found.id;
$$;

revoke execute on function is_kept_back(uuid, uuid) from public;
grant execute on function is_kept_back(uuid, uuid) to study_app, study_vault;

grant create on schema public to study_vault;
alter function is_kept_back(uuid, uuid) owner to study_vault;
revoke create on schema public from study_vault;
