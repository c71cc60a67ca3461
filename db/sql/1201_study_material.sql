-- Phase 12, questions; beyond the document's five phases.
--
-- What tutors and administrators give the companion to answer from: a chapter, a hand-out. It is the school's and no
-- secret; whoever is known may read it.
create table study_materials (
    id uuid primary key default gen_random_uuid(),
    title varchar(200) not null,
    subject_id uuid references subjects (id) on delete restrict,
    text text not null,
    created_by uuid references users (id) on delete set null,
    -- Out of use it is not answered from any more; answers that rest on it stay.
    is_active boolean not null default true,
    external_id varchar(200) unique,
    source text,
    licence text,
    created_at timestamptz not null default current_timestamp
);

create index idx_study_materials_created on study_materials (created_at desc, id desc);
create index idx_study_materials_subject on study_materials (subject_id, created_at desc, id desc);
create index idx_study_materials_created_by on study_materials (created_by, created_at desc, id desc);

-- A text, divided between sentences: what the full-text search finds, with the title, which is often what a question
-- names.
create table study_passages (
    id uuid primary key default gen_random_uuid(),
    material_id uuid not null references study_materials (id) on delete cascade,
    -- From 0, in the order of the text.
    position integer not null check (position >= 0),
    title varchar(200) not null,
    text text not null,
    search tsvector not null generated always as (
        to_tsvector('english'::regconfig, (title::text || ' '::text) || text)
    ) stored,
    constraint study_passages_position_key unique (material_id, position)
);

create index idx_study_passages_search on study_passages using gin (search);

-- Not for study_app to read: it has the words of the explanation in it.
alter table practice_bank_items add column search tsvector not null generated always as (
    to_tsvector('english'::regconfig, (question_text || ' '::text) || coalesce(explanation, ''::text))
) stored;

create index idx_pbi_search on practice_bank_items using gin (search) where is_active;

alter table study_materials enable row level security, force row level security;
alter table study_passages enable row level security, force row level security;

create policy study_materials_read on study_materials for select using ((select viewer_role()) is not null);
create policy study_materials_add on study_materials for insert with check (
    (select sees_all()) or ((select viewer_role()) = 'tutor' and created_by = (select viewer_id()))
);
create policy study_materials_change on study_materials for update using (
    (select sees_all()) or ((select viewer_role()) = 'tutor' and created_by = (select viewer_id()))
);
create policy study_materials_vault on study_materials for select to study_vault using (true);

create policy study_passages_read on study_passages for select using ((select viewer_role()) is not null);
create policy study_passages_add on study_passages for insert with check (
    (select sees_all())
    or exists (
        select
        from study_materials as material
        where
            material.id = study_passages.material_id
            and material.created_by = (select viewer_id())
            and (select viewer_role()) = 'tutor'
    )
);
create policy study_passages_vault on study_passages for select to study_vault using (true);

grant select, insert on study_materials to study_app;
grant update (is_active) on study_materials to study_app;
grant select (id, material_id, position, title, text, search) on study_passages to study_app;
grant insert (id, material_id, position, title, text) on study_passages to study_app;
grant select on study_materials, study_passages to study_vault;

-- Any of the words, each in all its forms; null when none of them says anything.
create function any_of_words(p_words text []) returns tsquery
language sql stable parallel safe
set search_path = pg_catalog, public, pg_temp
return (
    select string_agg(plainto_tsquery('english'::regconfig, asked.word)::text, ' | ')::tsquery
    from unnest(p_words) as asked (word)
    where numnode(plainto_tsquery('english'::regconfig, asked.word)) > 0
);

-- The searches below are security definer, as study_vault, for two reasons. PostgreSQL keeps a text search away from an
-- index on a table with row policies, because the search is not leakproof. And students are answered from the whole
-- bank, which they may not read: a solution is withheld for what the student has yet to do, and for nothing else.

-- How many passages and items have each of the words, up to 10,000 of each; the empty word stands for all.
create function count_study_words(p_words text []) returns table (word text, found bigint)
language sql
stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select
        asked.word,
        case
            when asked.word = ''
                then
                    (select count(*) from (select from study_passages limit 10000) as passages)
                    + (select count(*) from (select from practice_bank_items where is_active limit 10000) as items)
            else
                (
                    select count(*)
                    from (
                        select from study_passages as passage where passage.search @@ asked.query limit 10000
                    ) as passages
                )
                + (
                    select count(*)
                    from (
                        select from practice_bank_items as item
                        where item.is_active and item.search @@ asked.query limit 10000
                    ) as items
                )
        end
    from (
        select given.word, plainto_tsquery('english'::regconfig, given.word) as query
        from unnest(p_words) as given (word)
    ) as asked
    where (select viewer_role()) in ('student', 'tutor', 'admin', 'system');
$$;

-- Passages of the material in use that have any of the words, the most fitting first.
create function search_study_passages(p_words text [], p_limit integer)
returns table (
    material_id uuid, passage_position integer, title text, passage_text text, subject_name text, fit real
)
language sql
stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select
        passage.material_id, passage.position, passage.title, passage.text, subject.name,
        ts_rank(passage.search, asked.query) as fit
    from (select any_of_words(p_words) as query) as asked
    inner join study_passages as passage on passage.search @@ asked.query
    inner join study_materials as material on passage.material_id = material.id and material.is_active
    left join subjects as subject on material.subject_id = subject.id
    where (select viewer_role()) in ('student', 'tutor', 'admin', 'system')
    order by fit desc, passage.material_id, passage.position
    limit p_limit;
$$;

-- Items of the bank that have any of the words, the most fitting first. What the student has yet to do is among them,
-- without its solution: a question that is that item is known by it.
create function search_practice_bank(p_words text [], p_student_id uuid, p_limit integer)
returns table (
    item_id uuid, question_text text, answer_text text, explanation text, subject_name text, is_open boolean, fit real
)
language sql
stable
security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with found as (
        select
            item.id,
            item.question_text,
            item.answer_text,
            item.explanation,
            item.subject_id,
            ts_rank(item.search, asked.query) as fit
        from (select any_of_words(p_words) as query) as asked
        inner join practice_bank_items as item on item.is_active and item.search @@ asked.query
        where
            (select sees_all())
            or (
                (select viewer_role()) in ('student', 'tutor')
                and p_student_id = any ((select visible_students())::uuid [])
            )
        order by fit desc, item.id
        limit p_limit
    )
    select
        found.id,
        found.question_text,
        case when not open.is_open then found.answer_text end,
        case when not open.is_open then found.explanation end,
        subject.name,
        open.is_open,
        found.fit
    from found
    inner join subjects as subject on found.subject_id = subject.id
    cross join lateral (
        select exists (
            select
            from practice_assignments as pa
            where pa.bank_item_id = found.id and pa.student_id = p_student_id and not pa.completed
        ) as is_open
    ) as open
    order by found.fit desc, found.id;
$$;

grant select on subjects to study_vault;
create policy subjects_vault on subjects for select to study_vault using (true);

revoke execute on function
any_of_words(text []), count_study_words(text []), search_study_passages(text [], integer),
search_practice_bank(text [], uuid, integer)
from public;
grant execute on function
any_of_words(text []), count_study_words(text []), search_study_passages(text [], integer),
search_practice_bank(text [], uuid, integer)
to study_app, study_vault;

grant create on schema public to study_vault;
alter function count_study_words(text []) owner to study_vault;
alter function search_study_passages(text [], integer) owner to study_vault;
alter function search_practice_bank(text [], uuid, integer) owner to study_vault;
revoke create on schema public from study_vault;
