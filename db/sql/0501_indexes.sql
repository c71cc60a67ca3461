-- Phase 5, indexes. Every foreign key leads one (its generated role column is a constant and is left out), and none
-- is the beginning of another. Most of the document's indexes keep their name and their first column and gain the
-- order in which the graph pages (newest first, id to break ties), so that a page is one short walk of the index.
-- Not built, because a unique index does the same: idx_users_cognito_sub, idx_users_email, idx_sr_student.
-- Indexes on a yes/no column became partial ones: the column is in the condition, what is looked for is the key.

create index idx_users_role on users (role, created_at desc, id desc);
create index idx_users_role_email on users (role, email, id);
create index idx_users_created on users (created_at desc, id desc);

create index idx_subjects_category on subjects (category, name, id);
create index idx_subjects_name on subjects (name, id);
-- A name is one subject's, whatever its case.
create unique index idx_subjects_name_lower on subjects (lower(name));

create index idx_tsa_tutor on tutor_student_assignments (tutor_id, assigned_at desc, id desc);
create index idx_tsa_student on tutor_student_assignments (student_id, assigned_at desc, id desc);
create index idx_tsa_subject on tutor_student_assignments (subject_id, assigned_at desc, id desc);
-- Whom a tutor may see: answered from the index alone, once a transaction.
create index idx_tsa_status on tutor_student_assignments (tutor_id, student_id) where status = 'active';

create index idx_psl_parent on parent_student_links (parent_id, created_at desc, id desc);
create index idx_psl_student on parent_student_links (student_id, created_at desc, id desc);

create index idx_goals_student on goals (student_id, created_at desc, id desc);
create index idx_goals_status on goals (status, created_at desc, id desc);
create index idx_goals_subject on goals (subject_id, created_at desc, id desc);
create index idx_goals_created_by on goals (created_by, created_at desc, id desc);

create index idx_sessions_student on sessions (student_id, session_date desc, id desc);
create index idx_sessions_tutor on sessions (tutor_id, session_date desc, id desc);
create index idx_sessions_date on sessions (session_date desc, id desc);
create index idx_sessions_subject on sessions (subject_id, session_date desc, id desc);
-- For the counts of v_student_progress.
create index idx_sessions_student_subject on sessions (student_id, subject_id);

create index idx_summaries_session on summaries (session_id, created_at desc, id desc);
create index idx_summaries_student on summaries (student_id, created_at desc, id desc);
create index idx_summaries_tutor on summaries (tutor_id, created_at desc, id desc);
create index idx_summaries_override on summaries (override_id) where override_id is not null;

create index idx_pbi_subject on practice_bank_items (subject_id, difficulty_level, id);
create index idx_pbi_subject_created on practice_bank_items (subject_id, created_at desc, id desc);
create index idx_pbi_difficulty on practice_bank_items (difficulty_level, id);
create index idx_pbi_goal_tags on practice_bank_items using gin (goal_tags);
create index idx_pbi_topic_tags on practice_bank_items using gin (topic_tags);
create index idx_pbi_active on practice_bank_items (created_at desc, id desc) where is_active;
create index idx_pbi_created on practice_bank_items (created_at desc, id desc);
create index idx_pbi_created_by on practice_bank_items (created_by, created_at desc, id desc);

create index idx_pa_student on practice_assignments (student_id, assigned_at desc, id desc);
create index idx_pa_source on practice_assignments (source, assigned_at desc, id desc);
create index idx_pa_subject on practice_assignments (subject_id, assigned_at desc, id desc);
create index idx_pa_bank_item on practice_assignments (bank_item_id, assigned_at desc, id desc);
create index idx_pa_override on practice_assignments (override_id) where override_id is not null;
-- The review queue.
create index idx_pa_flagged on practice_assignments (student_id, assigned_at desc, id desc)
where flagged and not completed;
-- The counts of v_student_progress.
create index idx_pa_completed on practice_assignments (student_id, subject_id) where completed;
-- "Has one of these students this item, and completed it?" for the rows of the bank and in bank_solutions.
create index idx_pa_bank_item_student on practice_assignments (bank_item_id, student_id, completed);

create index idx_sr_subject on student_ratings (subject_id, rating desc, id desc);
create index idx_sr_rating on student_ratings (rating desc, id desc);

create index idx_qa_student on qa_interactions (student_id, created_at desc, id desc);
create index idx_qa_confidence on qa_interactions (confidence, created_at desc, id desc);
create index idx_qa_created on qa_interactions (created_at desc, id desc);
create index idx_qa_escalated_to_tutor on qa_interactions (escalated_to_tutor_id, created_at desc, id desc)
where escalated_to_tutor_id is not null;
create index idx_qa_answered_by_tutor on qa_interactions (answered_by_tutor_id, created_at desc, id desc)
where answered_by_tutor_id is not null;
create index idx_qa_override on qa_interactions (override_id) where override_id is not null;
-- The review queue.
create index idx_qa_review on qa_interactions (student_id, created_at desc, id desc)
where confidence = 'Low' and answered_at is null;

create index idx_nudges_user on nudges (user_id, sent_at desc, id desc);
create index idx_nudges_type on nudges (type, sent_at desc, id desc);
create index idx_nudges_sent on nudges (sent_at desc, id desc);
-- What somebody has not opened yet.
create index idx_nudges_opened on nudges (user_id, sent_at desc, id desc) where opened_at is null;

create index idx_overrides_tutor on overrides (tutor_id, created_at desc, id desc);
create index idx_overrides_student on overrides (student_id, created_at desc, id desc);
create index idx_overrides_type on overrides (override_type, created_at desc, id desc);
create index idx_overrides_created on overrides (created_at desc, id desc);
create index idx_overrides_subject on overrides (subject_id, created_at desc, id desc);
create index idx_overrides_summary on overrides (summary_id, created_at desc, id desc)
where summary_id is not null;
create index idx_overrides_practice_assignment on overrides (practice_assignment_id, created_at desc, id desc)
where practice_assignment_id is not null;
create index idx_overrides_qa_interaction on overrides (qa_interaction_id, created_at desc, id desc)
where qa_interaction_id is not null;
create index idx_overrides_reverted_by_tutor on overrides (reverted_by_tutor_id)
where reverted_by_tutor_id is not null;

create index idx_audit_log_occurred on audit_log (occurred_at desc, id desc);
create index idx_audit_log_actor on audit_log (actor_id, occurred_at desc, id desc);
create index idx_audit_log_student on audit_log (student_id, occurred_at desc, id desc);
create index idx_audit_log_target on audit_log (target_type, target_id, occurred_at desc, id desc);
