create table summaries (
    id uuid primary key default gen_random_uuid(),
    session_id uuid not null references sessions (id) on delete cascade,
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    tutor_id uuid,
    tutor_role varchar(20) not null generated always as ('tutor') stored,
    narrative text not null,
    next_steps text[] not null,
    subjects_covered text[],
    summary_type varchar(50) check (summary_type in ('normal', 'brief', 'missing_transcript')),
    overridden boolean not null default false,
    -- Its foreign key waits for the overrides table (phase 3): the two point at each other.
    override_id uuid,
    -- Counts changes of the content; a writer names the version it read, and loses if that is not the last.
    version integer not null default 1 check (version >= 1),
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    foreign key (student_id, student_role) references users (id, role) on delete cascade,
    foreign key (tutor_id, tutor_role) references users (id, role) on delete no action
);
