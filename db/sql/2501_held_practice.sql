-- Phase 25, practice that is held for review is released by those who review it.

-- An update without a condition goes by this policy alone, not by the one that hides from students what is held. Nor do
-- they hold anything back themselves.
alter policy practice_assignments_change on practice_assignments using (
    (select sees_all())
    or (
        student_id in (select unnest(visible_students()))
        and ((select viewer_role()) = 'tutor' or ((select viewer_role()) = 'student' and not held))
    )
);
