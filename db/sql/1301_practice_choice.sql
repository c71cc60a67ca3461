-- Phase 13, what a student practises next: what tutors set for it, what may be chosen, and why it was.

create table practice_settings (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null unique,
    student_role varchar(20) not null generated always as ('student') stored,
    -- The chance of success that questions are chosen by.
    target_success numeric(3, 2) not null default 0.75 check (target_success >= 0.50 and target_success <= 0.95),
    -- Whether what the companion writes is kept from the student until a tutor has reviewed it.
    review_first boolean not null default false,
    updated_at timestamptz not null default current_timestamp,
    foreign key (student_id, student_role) references users (id, role) on delete cascade
);

create trigger update_practice_settings_updated_at before update on practice_settings
for each row execute function update_updated_at_column();

alter table practice_assignments
-- Why the companion chose it; null for what a person assigned.
add column choice_kind text check (choice_kind in ('new', 'retry', 'review')),
add column choice_reason text,
-- Kept from the student: until it is reviewed, or for good where a tutor has said no to it.
add column held boolean not null default false;

alter table practice_settings enable row level security, force row level security;

create policy practice_settings_read on practice_settings for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy practice_settings_add on practice_settings for insert with check (
    (select sees_all())
    or ((select viewer_role()) = 'tutor' and student_id in (select unnest(visible_students())))
);
create policy practice_settings_change on practice_settings for update using (
    (select sees_all())
    or ((select viewer_role()) = 'tutor' and student_id in (select unnest(visible_students())))
);

-- What is held is there for those who review it, and for nobody else.
alter policy practice_assignments_read on practice_assignments using (
    (select sees_all())
    or (
        student_id in (select unnest(visible_students()))
        and (not held or (select viewer_role()) = 'tutor')
    )
);

grant select, insert on practice_settings to study_app;
grant update (target_success, review_first) on practice_settings to study_app;
grant select (choice_kind, choice_reason, held) on practice_assignments to study_app;
grant update (choice_kind, choice_reason, held) on practice_assignments to study_app;

-- What may be chosen for a student, who sees a question itself only once it is theirs: all of the bank that is in use,
-- by what a choice goes by, without question, choices and answer.
grant select (bank_item_id, rating) on practice_item_ratings to study_vault;
create policy practice_item_ratings_vault on practice_item_ratings for select to study_vault using (true);

create view practice_candidates with (security_barrier = true) as
select
    item.id as item_id,
    item.subject_id,
    item.difficulty_level,
    item.goal_tags,
    item.topic_tags,
    coalesce(cardinality(item.choices), 0) as choices,
    coalesce(rated.rating, 500 + 100 * item.difficulty_level) as rating
from practice_bank_items as item
left join practice_item_ratings as rated on item.id = rated.bank_item_id
where item.is_active and (select viewer_role()) in ('student', 'tutor', 'admin', 'system');

grant select on practice_candidates to study_app;
grant create on schema public to study_vault;
alter view practice_candidates owner to study_vault;
revoke create on schema public from study_vault;
