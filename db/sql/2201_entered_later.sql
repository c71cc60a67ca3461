-- Phase 22, what was counted and decided earlier can be entered as such.

grant insert (first_at, last_at, times, nudge_id) on nudge_decisions to study_app;
grant insert (created_at) on progress_entries to study_app;
