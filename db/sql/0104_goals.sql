create table goals (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    -- Null once that person has been erased: the goal is the student's and stays.
    created_by uuid references users (id) on delete set null,
    subject_id uuid references subjects (id) on delete restrict,
    goal_type varchar(50) check (goal_type in ('SAT', 'AP', 'General')),
    title varchar(255) not null,
    description text,
    target_completion_date date,
    status varchar(20) not null default 'active'
        check (status in ('active', 'completed', 'paused', 'cancelled')),
    completion_percentage decimal(5, 2) not null default 0.00
        check (completion_percentage >= 0 and completion_percentage <= 100),
    current_streak integer not null default 0 check (current_streak >= 0),
    xp_earned integer not null default 0 check (xp_earned >= 0),
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    completed_at timestamptz,
    foreign key (student_id, student_role) references users (id, role) on delete cascade
);
