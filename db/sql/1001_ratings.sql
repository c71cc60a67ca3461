-- Phase 10, ratings: how sure they are, what questions and memories add to them, and the order to replay answers in.

alter table student_ratings
-- How many answers the rating rests on, and the standard deviation of it in points; both from before any answer.
add column answers integer not null default 0 check (answers >= 0),
add column deviation numeric(5, 2) not null default 180 check (deviation > 0);

-- Where a question of the bank stands by its answers; before the first there is no row, and its difficulty says.
create table practice_item_ratings (
    id uuid primary key default gen_random_uuid(),
    bank_item_id uuid not null unique references practice_bank_items (id) on delete cascade,
    rating numeric(7, 2) not null check (rating >= 0 and rating <= 10000),
    deviation numeric(5, 2) not null check (deviation > 0),
    answers integer not null default 0 check (answers >= 0),
    last_updated timestamptz not null default current_timestamp
);

-- How much easier a question is for one student than the two ratings say, in points.
create table practice_familiarity (
    id uuid primary key default gen_random_uuid(),
    student_id uuid not null,
    student_role varchar(20) not null generated always as ('student') stored,
    bank_item_id uuid not null references practice_bank_items (id) on delete cascade,
    points numeric(6, 2) not null,
    answers integer not null check (answers >= 1),
    last_score numeric(3, 2) not null check (last_score >= 0 and last_score <= 1),
    last_answered_at timestamptz not null default current_timestamp,
    unique (student_id, bank_item_id),
    foreign key (student_id, student_role) references users (id, role) on delete cascade
);

create index idx_pf_bank_item on practice_familiarity (bank_item_id);

-- Numbers are drawn while the ratings that an answer moves are held, so of two answers that share a student or a
-- question the one that came first has the lower number, whatever the clocks of their servers say.
create sequence practice_answer_numbers as bigint;

alter table practice_assignments
add column answer_number bigint unique,
-- The question's rating before the answer, and after it where the answer moved it: a question of the bank, as it is.
add column question_rating_before numeric(7, 2),
add column question_rating_after numeric(7, 2),
-- The score that was expected: when it was chosen for the student, and in the end when it was answered.
add column predicted_success numeric(4, 3) check (predicted_success >= 0 and predicted_success <= 1);

-- What was answered before there were numbers gets them in the order of the clock, and the ratings that its questions
-- began with; `study-companion ratings --write` makes all ratings from it. Row security is forced on the owner too, so
-- this is done in the name of the product.
do $$
begin
    perform set_system();
    with numbered as (
        select
            id,
            row_number() over (order by completed_at, assigned_at, id) as number
        from practice_assignments
        where completed and completed_at is not null
    )
    update practice_assignments
    set
        answer_number = numbered.number,
        question_rating_before = coalesce(500 + 100 * difficulty_level, 1000),
        question_rating_after = case
            when bank_item_id is not null and not overridden then coalesce(500 + 100 * difficulty_level, 1000)
        end
    from numbered
    where practice_assignments.id = numbered.id;
    perform setval('practice_answer_numbers', coalesce(max(answer_number), 0) + 1, false) from practice_assignments;
end;
$$;

alter table practice_item_ratings enable row level security, force row level security;
alter table practice_familiarity enable row level security, force row level security;

-- A question's rating is seen with the question; whoever answers it moves it.
create policy practice_item_ratings_read on practice_item_ratings for select using (
    (select sees_all())
    or (select viewer_role()) = 'tutor'
    or exists (select from practice_bank_items as item where item.id = practice_item_ratings.bank_item_id)
);
create policy practice_item_ratings_add on practice_item_ratings for insert with check (
    (select sees_all())
    or (select viewer_role()) = 'tutor'
    or (
        (select viewer_role()) = 'student'
        and exists (select from practice_bank_items as item where item.id = practice_item_ratings.bank_item_id)
    )
);
create policy practice_item_ratings_change on practice_item_ratings for update using (
    (select sees_all())
    or (select viewer_role()) = 'tutor'
    or (
        (select viewer_role()) = 'student'
        and exists (select from practice_bank_items as item where item.id = practice_item_ratings.bank_item_id)
    )
);

create policy practice_familiarity_read on practice_familiarity for select using (
    (select sees_all()) or student_id in (select unnest(visible_students()))
);
create policy practice_familiarity_add on practice_familiarity for insert with check (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);
create policy practice_familiarity_change on practice_familiarity for update using (
    (select sees_all())
    or ((select viewer_role()) in ('student', 'tutor') and student_id in (select unnest(visible_students())))
);

grant update (answers, deviation) on student_ratings to study_app;
grant select, insert on practice_item_ratings to study_app;
grant update (rating, deviation, answers, last_updated) on practice_item_ratings to study_app;
grant select, insert on practice_familiarity to study_app;
grant update (points, answers, last_score, last_answered_at) on practice_familiarity to study_app;
grant select (answer_number, question_rating_before, question_rating_after, predicted_success)
on practice_assignments to study_app;
grant update (answer_number, question_rating_before, question_rating_after, predicted_success)
on practice_assignments to study_app;
grant usage on sequence practice_answer_numbers to study_app;
