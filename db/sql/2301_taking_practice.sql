-- Phase 23, what a student takes to practise: from the bank, open, and only what takeNextPractice could have chosen.

-- Row by row: a student's own row is a chosen item of the bank that nobody has answered, reviewed or rewritten.
alter policy practice_assignments_add on practice_assignments with check (
    (select sees_all())
    or ((select viewer_role()) = 'tutor' and student_id in (select unnest(visible_students())))
    or (
        (select viewer_role()) = 'student'
        and student_id = (select viewer_id())
        and source = 'bank'
        and choice_kind is not null
        and predicted_success is not null
        and not completed
        and not flagged
        and not held
        and not overridden
        and num_nonnulls(
            ai_question_text, ai_answer_text, ai_explanation, ai_answer_type, ai_topic, generation_id, override_id,
            performance_score, response_text, completed_at, answer_number, student_rating_before, student_rating_after,
            question_rating_before, question_rating_after
        ) = 0
    )
);

-- All rows of a statement together, which a policy does not see: the items are in use and as the bank has them, none is
-- open twice or comes back too soon (as in is_kept_back; an hour less, for clocks that differ), and no more than 50 wait
-- in a subject, as in domain/practice_choice.py. Security definer: students do not see the bank.
create function guard_practice_taken() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if viewer_role() is distinct from 'student' then
        return null;
    end if;
    if exists (
        select
        from added
        left join practice_bank_items as item on added.bank_item_id = item.id and item.is_active
        where
            item.id is null
            or added.subject_id is distinct from item.subject_id
            or added.difficulty_level is distinct from item.difficulty_level
            or coalesce(added.goal_tags, '{}') <> coalesce(item.goal_tags, '{}')
            or exists (
                select
                from practice_assignments as pa
                where
                    pa.bank_item_id = added.bank_item_id
                    and pa.student_id = added.student_id
                    and pa.id <> added.id
                    and (
                        not pa.completed
                        or pa.completed_at > current_timestamp + interval '1 hour'
                        - case when pa.performance_score >= 0.50 then interval '21 days' else interval '2 days' end
                    )
            )
    ) or exists (
        select
        from practice_assignments as pa
        where
            pa.student_id = viewer_id()
            and not pa.completed
            and not pa.held
            and pa.subject_id in (select added.subject_id from added)
        group by pa.subject_id
        having count(*) > 50
    ) then
        raise insufficient_privilege using message = 'a student takes practice that may be chosen for them';
    end if;
    return null;
end;
$$;

create trigger guard_practice_taken after insert on practice_assignments
referencing new table as added
for each statement execute function guard_practice_taken();

grant select (subject_id, held) on practice_assignments to study_vault;

revoke execute on function guard_practice_taken() from public;
grant create on schema public to study_vault;
alter function guard_practice_taken() owner to study_vault;
revoke create on schema public from study_vault;
