-- Phase 15, practice that the companion writes: what form its answer takes, and the record of its writing.

alter table practice_assignments
add column ai_answer_type varchar(20)
check (ai_answer_type in ('multiple_choice', 'numeric', 'math_expression', 'free_text')),
add column ai_topic text,
add column generation_id uuid references generations (id) on delete set null;

create index idx_pa_generation on practice_assignments (generation_id) where generation_id is not null;

grant select (ai_answer_type, ai_topic, generation_id) on practice_assignments to study_app;
