-- Phase 21, streams are told when points, a level, a badge or a streak has changed.

alter table events drop constraint events_kind_check;
alter table events add constraint events_kind_check check (
    kind in (
        'override_made', 'override_reverted', 'nudge_sent', 'nudge_opened', 'summary_ready',
        'practice_assigned', 'practice_completed', 'practice_reviewed', 'question_escalated',
        'question_answered', 'goal_progress', 'progress_changed', 'assignment_begun', 'assignment_ended', 'link_begun',
        'link_ended', 'disconnected'
    )
);
