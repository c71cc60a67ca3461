-- Phase 16, answers of the companion: what was made of a question, what stands behind it, and how sure to be of it.

alter table qa_interactions
add column outcome varchar(20) not null default 'answered' check (
    outcome in ('answered', 'clarification', 'out_of_scope', 'not_found', 'own_practice')
),
-- It stands before the answer until the student asks for that; null where nothing does.
add column hint text,
add column highlight text,
add column revealed_at timestamptz,
-- For the answer being right, in log-odds, before calibration.
add column evidence double precision,
-- What a tutor said of the companion's answer; null while nobody has.
add column companion_right boolean,
add column generation_id uuid references generations (id) on delete set null;

create index idx_qa_generation on qa_interactions (generation_id) where generation_id is not null;

grant update (revealed_at, companion_right) on qa_interactions to study_app;

-- What an answer rests on. The quote stays when its source goes.
create table answer_citations (
    id uuid primary key default gen_random_uuid(),
    question_id uuid not null references qa_interactions (id) on delete cascade,
    student_id uuid not null references users (id) on delete cascade,
    -- From 1.
    position integer not null check (position >= 1),
    kind text not null check (kind in ('material', 'bank_item', 'session', 'summary', 'goal')),
    title text not null,
    quote text not null,
    material_id uuid references study_materials (id) on delete set null,
    bank_item_id uuid references practice_bank_items (id) on delete set null,
    session_id uuid references sessions (id) on delete set null,
    summary_id uuid references summaries (id) on delete set null,
    goal_id uuid references goals (id) on delete set null,
    constraint answer_citations_position_key unique (question_id, position),
    constraint answer_citations_source_check check (
        num_nonnulls(material_id, bank_item_id, session_id, summary_id, goal_id) <= 1
    )
);

create index idx_answer_citations_student on answer_citations (student_id);
create index idx_answer_citations_material on answer_citations (material_id) where material_id is not null;
create index idx_answer_citations_bank_item on answer_citations (bank_item_id) where bank_item_id is not null;
create index idx_answer_citations_session on answer_citations (session_id) where session_id is not null;
create index idx_answer_citations_summary on answer_citations (summary_id) where summary_id is not null;
create index idx_answer_citations_goal on answer_citations (goal_id) where goal_id is not null;

-- From evidence to confidence, for each engine; the latest holds.
create table answer_calibrations (
    id uuid primary key default gen_random_uuid(),
    engine text not null check (engine in ('OPENAI', 'EXTRACTIVE')),
    intercept double precision not null,
    slope double precision not null check (slope >= 0),
    labels integer not null check (labels >= 1),
    created_at timestamptz not null default current_timestamp
);

create index idx_answer_calibrations_engine on answer_calibrations (engine, created_at desc, id desc);

alter table answer_citations enable row level security, force row level security;
alter table answer_calibrations enable row level security, force row level security;

create policy answer_citations_read on answer_citations for select using (
    (select sees_all())
    or ((select viewer_role()) <> 'parent' and student_id in (select unnest(visible_students())))
);
create policy answer_citations_add on answer_citations for insert with check ((select viewer_role()) = 'system');

create policy answer_calibrations_read on answer_calibrations for select using ((select sees_all()));
create policy answer_calibrations_add on answer_calibrations for insert with check ((select viewer_role()) = 'system');

grant select, insert on answer_citations, answer_calibrations to study_app;
