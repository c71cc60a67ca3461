-- Phase 19, students who may be in danger: what they wrote is an outcome of its own and counts in no figure of answers.

alter table qa_interactions
drop constraint qa_interactions_outcome_check,
add constraint qa_interactions_outcome_check check (
    outcome in ('answered', 'clarification', 'out_of_scope', 'not_found', 'own_practice', 'safeguarding')
),
-- It may be about a tutor, so no tutor reads it but one whom it was passed on to.
add column kept_from_tutors boolean not null default false;

alter policy qa_interactions_read on qa_interactions using (
    (select sees_all())
    or (
        (select viewer_role()) <> 'parent'
        and student_id in (select unnest(visible_students()))
        and ((select viewer_role()) <> 'tutor' or not kept_from_tutors or escalated_to_tutor_id = (select viewer_id()))
    )
);
alter policy qa_interactions_change on qa_interactions using (
    (select sees_all())
    or (
        (select viewer_role()) in ('student', 'tutor')
        and student_id in (select unnest(visible_students()))
        and ((select viewer_role()) <> 'tutor' or not kept_from_tutors or escalated_to_tutor_id = (select viewer_id()))
    )
);

create or replace view v_confidence_distribution with (security_invoker = true) as
select
    student_id,
    confidence,
    count(*) as count,
    round(count(*) * 100.0 / sum(count(*)) over (partition by student_id), 2) as percentage
from qa_interactions
where outcome <> 'safeguarding'
group by student_id, confidence;
