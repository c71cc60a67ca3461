create trigger update_users_updated_at before update on users
for each row execute function update_updated_at_column();

create trigger update_goals_updated_at before update on goals
for each row execute function update_updated_at_column();

create trigger update_sessions_updated_at before update on sessions
for each row execute function update_updated_at_column();

create trigger update_summaries_updated_at before update on summaries
for each row execute function update_updated_at_column();

create trigger update_practice_bank_items_updated_at before update on practice_bank_items
for each row execute function update_updated_at_column();

create trigger release_user_references before delete on users
for each row execute function release_user_references();

create trigger guard_audit_log before update or delete on audit_log
for each row execute function guard_audit_log();

create trigger guard_audit_log_truncate before truncate on audit_log
for each statement execute function guard_audit_log();
