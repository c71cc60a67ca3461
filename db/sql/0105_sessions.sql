create table sessions (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    -- Null once the tutor has been erased (see release_user_references: PostgreSQL refuses `on delete set null`
    -- on a key that holds a generated column, so a trigger does it).
    tutor_id uuid,
    tutor_role varchar(20) not null generated always as ('tutor') stored,
    session_date timestamptz not null,
    duration_minutes integer check (duration_minutes > 0),
    subject_id uuid references subjects (id) on delete restrict,
    -- Ciphertext here, or ciphertext in the object that the address names.
    transcript_text text,
    transcript_storage_url varchar(500),
    transcript_available boolean not null default true,
    topics_covered text[],
    -- Ciphertext: the tutor's private notes.
    notes text,
    -- Set on imported records: the same file read twice changes nothing.
    external_id varchar(200) unique,
    source text,
    licence text,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    foreign key (student_id, student_role) references users (id, role) on delete cascade,
    foreign key (tutor_id, tutor_role) references users (id, role) on delete no action
);
