create table qa_interactions (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    query text not null,
    answer text not null,
    confidence varchar(10) not null check (confidence in ('High', 'Medium', 'Low')),
    confidence_score decimal(3, 2) check (confidence_score >= 0 and confidence_score <= 1),
    context_subjects text[],
    clarification_requested boolean not null default false,
    out_of_scope boolean not null default false,
    tutor_escalation_suggested boolean not null default false,
    escalated_to_tutor_id uuid,
    escalated_to_tutor_role varchar(20) not null generated always as ('tutor') stored,
    disclaimer_shown boolean not null default true,
    -- What a tutor said themselves, beside the model's answer; an override replaces the answer.
    tutor_answer text,
    answered_by_tutor_id uuid,
    answered_by_tutor_role varchar(20) not null generated always as ('tutor') stored,
    answered_at timestamptz,
    overridden boolean not null default false,
    override_id uuid,
    version integer not null default 1 check (version >= 1),
    created_at timestamptz not null default current_timestamp,
    foreign key (student_id, student_role) references users (id, role) on delete cascade,
    -- Named, because the name PostgreSQL would make is too long to keep whole.
    constraint qa_interactions_escalated_to_tutor_fkey
        foreign key (escalated_to_tutor_id, escalated_to_tutor_role) references users (id, role) on delete no action,
    constraint qa_interactions_answered_by_tutor_fkey
        foreign key (answered_by_tutor_id, answered_by_tutor_role) references users (id, role) on delete no action,
    constraint qa_interactions_tutor_answer_check check ((tutor_answer is null) = (answered_at is null))
);
