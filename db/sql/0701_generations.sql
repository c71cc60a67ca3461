-- Phase 7, what the companion writes; beyond the document's five phases.
--
-- Each attempt to write something: by what, and at what cost, never what was asked or answered. A row is there before
-- the model is asked, with all that the answer might cost, so that the budget of a day holds over processes, and over
-- those that end in the middle.
create table generations (
    id uuid primary key default gen_random_uuid(),
    kind text not null check (kind in ('summary', 'practice_item', 'answer', 'nudge')),
    engine text not null check (engine in ('OPENAI', 'EXTRACTIVE')),
    outcome text not null check (
        outcome in (
            'begun', 'used', 'unused', 'refused', 'rejected', 'cut_off', 'empty', 'unusable', 'unsupported',
            'unavailable'
        )
    ),
    -- For whom; what it cost stays when the student is erased.
    student_id uuid references users (id) on delete set null,
    model text,
    prompt_version text,
    input_tokens integer not null default 0 check (input_tokens >= 0),
    output_tokens integer not null default 0 check (output_tokens >= 0),
    -- What it may cost, as long as what it did cost is not known.
    reserved_tokens integer not null default 0 check (reserved_tokens >= 0),
    error text,
    created_at timestamptz not null default current_timestamp
);

create index idx_generations_student on generations (student_id, created_at desc, id desc);
create index idx_generations_spent on generations (created_at) where engine = 'OPENAI';

alter table summaries add column generation_id uuid references generations (id) on delete set null;
create index idx_summaries_generation on summaries (generation_id) where generation_id is not null;

-- A sentence of a summary, or a next step, and the turns of the transcript that it rests on.
create table summary_claims (
    id uuid primary key default gen_random_uuid(),
    summary_id uuid not null references summaries (id) on delete cascade,
    student_id uuid not null references users (id) on delete cascade,
    position integer not null check (position >= 1),
    part text not null check (part in ('narrative', 'next_step')),
    text text not null,
    -- From 1, in the order of the transcript.
    turn_numbers integer[] not null,
    status text not null check (status in ('supported', 'unsupported')),
    constraint summary_claims_position_key unique (summary_id, position)
);

create index idx_summary_claims_student on summary_claims (student_id);

alter table generations enable row level security, force row level security;
alter table summary_claims enable row level security, force row level security;

-- What a student asks is not for their parents, nor that something was asked.
create policy generations_read on generations for select using (
    (select sees_all())
    or (
        student_id in (select unnest(visible_students()))
        and ((select viewer_role()) <> 'parent' or kind <> 'answer')
    )
);
create policy generations_add on generations for insert with check ((select viewer_role()) = 'system');
create policy generations_change on generations for update using ((select viewer_role()) = 'system');
create policy generations_vault on generations for select to study_vault using (true);

-- What did not stand the check is for the tutor, who may want to know; it is not in the summary.
create policy summary_claims_read on summary_claims for select using (
    (select sees_all())
    or (
        student_id in (select unnest(visible_students()))
        and ((select viewer_role()) = 'tutor' or status = 'supported')
    )
);
create policy summary_claims_add on summary_claims for insert with check ((select viewer_role()) = 'system');
create policy summary_claims_remove on summary_claims for delete using ((select viewer_role()) = 'system');

grant select (id, kind, engine, outcome, student_id, created_at) on generations to study_app;
grant insert on generations to study_app;
grant update (outcome, model, input_tokens, output_tokens, reserved_tokens, error) on generations to study_app;
grant update (generation_id) on summaries to study_app;
grant select, insert, delete on summary_claims to study_app;

-- What it took is for those who teach and those who pay.
grant select (
    id, student_id, engine, outcome, model, prompt_version, input_tokens, output_tokens, reserved_tokens, error,
    created_at
) on generations to study_vault;

create view generation_details with (security_barrier = true) as
select
    id as generation_id,
    model,
    prompt_version,
    input_tokens,
    output_tokens,
    reserved_tokens,
    error
from generations
where
    (select sees_all())
    or ((select viewer_role()) = 'tutor' and student_id in (select unnest(visible_students())));

grant select on generation_details to study_app;
grant create on schema public to study_vault;
alter view generation_details owner to study_vault;
revoke create on schema public from study_vault;
