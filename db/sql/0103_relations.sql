-- Who works with whom, and who is whose parent. Row security reads these two tables to decide everything else.

create table tutor_student_assignments (
    -- The document's key (tutor, student, subject) cannot be a primary key: the subject is optional.
    id uuid primary key default gen_random_uuid(),
    tutor_id uuid not null,
    tutor_role varchar(20) not null generated always as ('tutor') stored,
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    subject_id uuid references subjects (id) on delete restrict,
    assigned_at timestamptz not null default current_timestamp,
    status varchar(20) not null default 'active' check (status in ('active', 'paused', 'completed')),
    -- Ciphertext: the tutor's own notes.
    notes text,
    start_date date,
    end_date date,
    unique nulls not distinct (tutor_id, student_id, subject_id),
    foreign key (tutor_id, tutor_role) references users (id, role) on delete cascade,
    foreign key (student_id, student_role) references users (id, role) on delete cascade,
    constraint tutor_student_assignments_dates_check check (end_date >= start_date)
);

create table parent_student_links (
    id uuid primary key default gen_random_uuid(),
    parent_id uuid not null,
    parent_role varchar(20) not null generated always as ('parent') stored,
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    status varchar(20) not null default 'active' check (status in ('active', 'ended')),
    created_at timestamptz not null default current_timestamp,
    unique (parent_id, student_id),
    foreign key (parent_id, parent_role) references users (id, role) on delete cascade,
    foreign key (student_id, student_role) references users (id, role) on delete cascade
);
