-- Phase 24, an answer can be graded while the same item is still to do elsewhere.

-- The answer to practice that is completed and not scored yet, as it is between the two statements that complete it.
-- The solution itself may be kept back for longer: the student may have the item to do a second time.
create function answer_to_grade(p_practice_id uuid) returns text
language sql
stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select coalesce(pa.ai_answer_text, item.answer_text)
    from practice_assignments as pa
    left join practice_bank_items as item on pa.bank_item_id = item.id
    where
        pa.id = p_practice_id
        and pa.completed
        and pa.performance_score is null
        and ((select sees_all()) or pa.student_id = any ((select visible_students())::uuid []));
$$;

revoke execute on function answer_to_grade(uuid) from public;
grant execute on function answer_to_grade(uuid) to study_app;

grant create on schema public to study_vault;
alter function answer_to_grade(uuid) owner to study_vault;
revoke create on schema public from study_vault;
