-- Phase 8, background jobs; beyond the document's five phases.
--
-- A schema of their own: procrastinate makes and names what is in it, and upgrades it by its own migrations.

create schema jobs;
