-- Phase 2, practice and questions.

create table practice_bank_items (
    id uuid primary key default gen_random_uuid(),
    question_text text not null,
    answer_text text not null,
    explanation text,
    choices text[],
    answer_type varchar(20) not null default 'free_text'
        check (answer_type in ('multiple_choice', 'numeric', 'math_expression', 'free_text')),
    subject_id uuid not null references subjects (id) on delete restrict,
    difficulty_level integer not null check (difficulty_level >= 1 and difficulty_level <= 10),
    goal_tags text[],
    topic_tags text[],
    created_by uuid references users (id) on delete set null,
    version integer not null default 1 check (version >= 1),
    is_active boolean not null default true,
    external_id varchar(200) unique,
    source text,
    licence text,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp
);

create table practice_assignments (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    source varchar(20) not null check (source in ('bank', 'ai_generated')),
    bank_item_id uuid references practice_bank_items (id) on delete restrict,
    -- The text of an item that a model wrote, and of a bank item that a tutor has overridden for this student:
    -- where they are set they win over the bank's.
    ai_question_text text,
    ai_answer_text text,
    ai_explanation text,
    flagged boolean not null default false,
    subject_id uuid references subjects (id) on delete restrict,
    difficulty_level integer check (difficulty_level >= 1 and difficulty_level <= 10),
    goal_tags text[],
    student_rating_before integer,
    student_rating_after integer,
    performance_score decimal(3, 2) check (performance_score >= 0 and performance_score <= 1),
    response_text text,
    completed boolean not null default false,
    completed_at timestamptz,
    overridden boolean not null default false,
    override_id uuid,
    version integer not null default 1 check (version >= 1),
    assigned_at timestamptz not null default current_timestamp,
    created_at timestamptz not null default current_timestamp,
    foreign key (student_id, student_role) references users (id, role) on delete cascade,
    constraint practice_assignments_content_check check (
        case source
            when 'bank' then bank_item_id is not null
            else ai_question_text is not null and ai_answer_text is not null
        end
    )
);

create table student_ratings (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    subject_id uuid not null references subjects (id) on delete restrict,
    rating integer not null default 1000 check (rating >= 100),
    last_updated timestamptz not null default current_timestamp,
    unique (student_id, subject_id),
    foreign key (student_id, student_role) references users (id, role) on delete cascade
);
