create table overrides (
    id uuid primary key default gen_random_uuid(),
    -- Both people may be erased; what happened, when and to which kind of thing stays (see
    -- release_user_references, which also empties the content when the student goes).
    tutor_id uuid,
    tutor_role varchar(20) not null generated always as ('tutor') stored,
    student_id uuid,
    student_role varchar(20) not null generated always as ('student') stored,
    override_type varchar(50) not null check (override_type in ('summary', 'practice', 'qa_answer')),
    action text not null,
    summary_id uuid references summaries (id) on delete no action,
    practice_assignment_id uuid references practice_assignments (id) on delete no action,
    qa_interaction_id uuid references qa_interactions (id) on delete no action,
    -- Complete snapshots, so that the text before and after any override can be shown again.
    original_content jsonb,
    new_content jsonb,
    reason text,
    subject_id uuid references subjects (id) on delete restrict,
    difficulty_level integer check (difficulty_level >= 1 and difficulty_level <= 10),
    -- The version of the target once this override had been applied.
    target_version integer not null check (target_version >= 2),
    reverted_at timestamptz,
    reverted_by_tutor_id uuid,
    reverted_by_tutor_role varchar(20) not null generated always as ('tutor') stored,
    created_at timestamptz not null default current_timestamp,
    foreign key (tutor_id, tutor_role) references users (id, role) on delete no action,
    foreign key (student_id, student_role) references users (id, role) on delete no action,
    constraint overrides_reverted_by_tutor_fkey
        foreign key (reverted_by_tutor_id, reverted_by_tutor_role) references users (id, role) on delete no action,
    -- Exactly one target, of the kind the type says; none at all once the student has been erased.
    constraint overrides_target_check check (
        case
            when student_id is null then num_nonnulls(summary_id, practice_assignment_id, qa_interaction_id) = 0
            else num_nonnulls(summary_id, practice_assignment_id, qa_interaction_id) = 1
                and case override_type
                    when 'summary' then summary_id
                    when 'practice' then practice_assignment_id
                    else qa_interaction_id
                end is not null
        end
    ),
    constraint overrides_content_check check (
        case
            when student_id is null then num_nonnulls(original_content, new_content, reason) = 0
            else num_nonnulls(original_content, new_content) = 2
        end
    ),
    constraint overrides_reverted_check check (reverted_by_tutor_id is null or reverted_at is not null)
);

-- The other half of the circle. Deferred: a target and its override may be written in either order.
alter table summaries add constraint summaries_override_id_fkey
    foreign key (override_id) references overrides (id) on delete set null deferrable initially deferred;
alter table practice_assignments add constraint practice_assignments_override_id_fkey
    foreign key (override_id) references overrides (id) on delete set null deferrable initially deferred;
alter table qa_interactions add constraint qa_interactions_override_id_fkey
    foreign key (override_id) references overrides (id) on delete set null deferrable initially deferred;
