create function update_updated_at_column() returns trigger
language plpgsql
as $$
begin
    new.updated_at = current_timestamp;
    return new;
end;
$$;

-- Moves a student's rating in a subject after one answer and gives the new rating (Elo, The Rating of
-- Chessplayers, 1978): rating + K * (score - expected), expected = 1 / (1 + 10 ^ ((question - rating) / 400)).
-- The change is computed in numeric and rounded half away from zero; a rating never falls below 100.
-- A first answer starts from 1000. The row is locked before it is read, so answers given at the same time
-- queue up and none is lost (in read committed; repeatable read would fail with 40001 instead).
create function update_student_rating(
    p_student_id uuid,
    p_subject_id uuid,
    p_question_rating integer,
    p_performance_score decimal,
    p_k_factor integer default 32
)
returns integer
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
declare
    v_current_rating integer;
    v_new_rating integer;
    v_expected_score decimal;
begin
    if p_performance_score is null or p_performance_score not between 0 and 1 then
        raise exception 'performance score % is not within 0..1', coalesce(p_performance_score::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    -- Bounds far outside any real rating, so that the power below stays small.
    if p_question_rating is null or p_question_rating not between 0 and 10000 then
        raise exception 'question rating % is not within 0..10000', coalesce(p_question_rating::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    if p_k_factor is null or p_k_factor not between 1 and 1000 then
        raise exception 'K factor % is not within 1..1000', coalesce(p_k_factor::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;

    insert into student_ratings (student_id, subject_id)
    values (p_student_id, p_subject_id)
    on conflict (student_id, subject_id) do nothing;

    select rating into strict v_current_rating
    from student_ratings
    where student_id = p_student_id and subject_id = p_subject_id
    for update;

    v_expected_score := 1.0 / (1.0 + power(10.0, (p_question_rating - v_current_rating) / 400.0));
    v_new_rating := greatest(
        100, round(v_current_rating + p_k_factor * (p_performance_score - v_expected_score))
    );

    update student_ratings
    set rating = v_new_rating, last_updated = current_timestamp
    where student_id = p_student_id and subject_id = p_subject_id;

    return v_new_rating;
end;
$$;

-- Whether an item of the bank has been assigned to anybody: its question and answer stand for what those students saw
-- and answered, and so no longer change.
--
-- security definer, as study_vault (0407): whoever added the item may change it, and need not see the students of other
-- tutors who got it. It tells yes or no, and not to students and parents.
create function is_practice_item_assigned(p_item_id uuid) returns boolean
language sql
stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select exists (
        select
        from practice_assignments as pa
        where pa.bank_item_id = p_item_id and (select viewer_role()) in ('tutor', 'admin', 'system')
    );
$$;

-- Before a person is erased, lets go of what must outlive them. Foreign keys cannot do this themselves: PostgreSQL
-- refuses `on delete set null` on a key that holds a generated column, even when only the other column is named.
--
-- security definer: an admin may erase a person, yet nobody may rewrite who held a session or whom an override
-- was for, so the application has no grant on those columns and this function does it for them.
create function release_user_references() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if old.role = 'tutor' then
        update sessions set tutor_id = null where tutor_id = old.id;
        update summaries set tutor_id = null where tutor_id = old.id;
        update qa_interactions set escalated_to_tutor_id = null where escalated_to_tutor_id = old.id;
        update qa_interactions set answered_by_tutor_id = null where answered_by_tutor_id = old.id;
        update overrides set tutor_id = null where tutor_id = old.id;
        update overrides set reverted_by_tutor_id = null where reverted_by_tutor_id = old.id;
    elsif old.role = 'student' then
        -- The student's own rows go with them. What is left of an override says that one was made, by whom and
        -- when; nothing of what it said.
        update overrides
        set student_id = null,
            summary_id = null,
            practice_assignment_id = null,
            qa_interaction_id = null,
            original_content = null,
            new_content = null,
            reason = null,
            action = 'erased'
        where student_id = old.id;
    end if;
    return old;
end;
$$;

-- The log only grows. The one change let through is the erasure of a person: their id becomes null, all else stays.
create function guard_audit_log() returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if tg_op = 'UPDATE' then
        if (new.actor_id is null or new.actor_id = old.actor_id)
            and (new.student_id is null or new.student_id = old.student_id)
            and to_jsonb(new) - array['actor_id', 'student_id']
                = to_jsonb(old) - array['actor_id', 'student_id']
        then
            return new;
        end if;
    end if;
    raise exception 'audit_log is append-only: % refused', lower(tg_op)
        using errcode = 'insufficient_privilege';
end;
$$;
