-- study_app is the application, whoever the viewer; study_vault owns the views that show protected columns.
-- Roles belong to the whole server, so another database may have made them already, or be making them right now.

do $$
declare
    v_name text;
    v_member text;
    v_may_set text := case
        when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member'
    end;
begin
    foreach v_name in array array['study_app', 'study_vault'] loop
        if to_regrole(v_name) is null then
            begin
                execute format('create role %I nologin', v_name);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
        if exists (select from pg_roles where rolname = v_name and (rolsuper or rolbypassrls)) then
            raise exception 'role % can step around row security: it must be neither superuser nor bypassrls', v_name;
        end if;
        -- The migrating user must be able to give views to study_vault, and to serve as study_app.
        for v_member in select distinct unnest(array[current_user, session_user]::text[]) loop
            if not pg_has_role(v_member::name, v_name::name, v_may_set) then
                begin
                    execute format('grant %I to %I', v_name, v_member);
                exception when unique_violation then
                    null;
                end;
            end if;
        end loop;
    end loop;
    if pg_has_role('study_app', 'study_vault', 'member') then
        raise exception 'role study_app must not be a member of study_vault';
    end if;
end;
$$;

grant usage on schema public to study_app, study_vault;

revoke execute on function
viewer_sub(), viewer_id(), viewer_role(), sees_all(), visible_students(), visible_people(),
set_viewer(text, boolean), set_system(), update_student_rating(uuid, uuid, integer, decimal, integer),
is_practice_item_assigned(uuid), update_updated_at_column(), release_user_references(), guard_audit_log()
from public;

grant execute on function
viewer_sub(), viewer_id(), viewer_role(), sees_all(), visible_students(), visible_people(),
set_viewer(text, boolean), set_system(), update_student_rating(uuid, uuid, integer, decimal, integer),
is_practice_item_assigned(uuid)
to study_app, study_vault;

-- What study_app may read of each table: everything but the protected columns, which have views of their own
-- (0407). What it may change: only what some operation changes; whose a row is never moves, snapshots of an
-- override and the audit log never change, and nothing but a person is deleted.
grant select (id, cognito_sub, email, role, display_name, created_at, updated_at) on users to study_app;
grant insert, delete on users to study_app;
grant update (cognito_sub, email, role, display_name, profile, gamification, analytics, disclaimer_shown)
on users to study_app;

grant select, insert on subjects to study_app;
grant update (name, category, description, related_subjects) on subjects to study_app;

grant select (
    id, tutor_id, tutor_role, student_id, student_role, subject_id, assigned_at, status, start_date, end_date
) on tutor_student_assignments to study_app;
grant insert on tutor_student_assignments to study_app;
grant update (status, notes, start_date, end_date) on tutor_student_assignments to study_app;

grant select, insert on parent_student_links to study_app;
grant update (status) on parent_student_links to study_app;

grant select, insert on goals to study_app;
grant update (
    subject_id, goal_type, title, description, target_completion_date, status, completion_percentage,
    current_streak, xp_earned, completed_at
) on goals to study_app;

grant select (
    id, student_id, student_role, tutor_id, tutor_role, session_date, duration_minutes, subject_id,
    transcript_available, topics_covered, external_id, source, licence, created_at, updated_at
) on sessions to study_app;
grant insert on sessions to study_app;
grant update (
    session_date, duration_minutes, subject_id, transcript_text, transcript_storage_url, transcript_available,
    topics_covered, notes
) on sessions to study_app;

grant select, insert on summaries to study_app;
grant update (
    narrative, next_steps, subjects_covered, summary_type, overridden, override_id, version
) on summaries to study_app;

grant select (
    id, question_text, choices, answer_type, subject_id, difficulty_level, goal_tags, topic_tags, created_by,
    version, is_active, external_id, source, licence, created_at, updated_at
) on practice_bank_items to study_app;
grant insert on practice_bank_items to study_app;
grant update (
    question_text, answer_text, explanation, choices, answer_type, subject_id, difficulty_level, goal_tags,
    topic_tags, version, is_active, source, licence
) on practice_bank_items to study_app;

grant select (
    id, student_id, student_role, source, bank_item_id, ai_question_text, flagged, subject_id, difficulty_level,
    goal_tags, student_rating_before, student_rating_after, performance_score, response_text, completed,
    completed_at, overridden, override_id, version, assigned_at, created_at
) on practice_assignments to study_app;
grant insert on practice_assignments to study_app;
grant update (
    ai_question_text, ai_answer_text, ai_explanation, flagged, subject_id, difficulty_level, goal_tags,
    student_rating_before, student_rating_after, performance_score, response_text, completed, completed_at,
    overridden, override_id, version
) on practice_assignments to study_app;

grant select, insert on student_ratings to study_app;
grant update (rating, last_updated) on student_ratings to study_app;

grant select, insert on qa_interactions to study_app;
grant update (
    answer, confidence, confidence_score, clarification_requested, out_of_scope, tutor_escalation_suggested,
    escalated_to_tutor_id, disclaimer_shown, tutor_answer, answered_by_tutor_id, answered_at, overridden,
    override_id, version
) on qa_interactions to study_app;

grant select, insert on nudges to study_app;
grant update (opened_at, clicked_at) on nudges to study_app;

grant select (
    id, tutor_id, tutor_role, student_id, student_role, override_type, action, summary_id, practice_assignment_id,
    qa_interaction_id, reason, subject_id, difficulty_level, target_version, reverted_at, reverted_by_tutor_id,
    reverted_by_tutor_role, created_at
) on overrides to study_app;
grant insert on overrides to study_app;
grant update (reverted_at, reverted_by_tutor_id) on overrides to study_app;

grant select on audit_log to study_app;
-- Not the time: that is the database's to say.
grant insert (actor_id, actor_role, action, target_type, target_id, student_id, details) on audit_log to study_app;

grant select on v_student_progress, v_override_analytics, v_confidence_distribution, v_nudge_engagement
to study_app;
