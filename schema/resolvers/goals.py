"""Changing goals."""

import datetime as dt
from decimal import Decimal

import strawberry

from db import goals as goals_db
from db.engine import Work
from db.jobs import defer
from db.retries import created_before, id_for, same_request
from domain import goals, permissions
from domain.clock import now
from domain.events import Event, EventKind
from domain.jobs import JobKind
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.ids import optional_row_id, row_id
from schema.inputs import IDEMPOTENCY_KEY, given
from schema.types.goal import Goal


@strawberry.type(description="The goal that was made or changed.")
class GoalPayload(Payload):
    """The answer of every mutation of a goal."""

    goal: Goal | None = strawberry.field(default=None, description="The goal as it is now; null when refused.")


@strawberry.input(description="A new goal.")
class CreateGoalInput:
    """The student themselves or one of their tutors sets it."""

    student_id: strawberry.ID = strawberry.field(description="Whose goal it is.")
    title: str = strawberry.field(description="What is to be reached; 1 to 255 characters.")
    description: str | None = strawberry.field(default=None, description="More about it; at most 5,000 characters.")
    goal_type: goals.GoalType | None = strawberry.field(name="kind", default=None, description="The kind of aim.")
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="The subject it belongs to.")
    target_completion_date: dt.date | None = strawberry.field(default=None, description="The day to reach it by.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY_KEY)


@strawberry.input(description="Changes to a goal; what is left out stays as it is.")
class UpdateGoalInput:
    """Null clears a field, where it can be empty."""

    id: strawberry.ID = strawberry.field(description="The goal.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="A new title.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="A new description.")
    goal_type: goals.GoalType | None = strawberry.field(
        name="kind", default=strawberry.UNSET, description="Another kind."
    )
    subject_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Another subject.")
    target_completion_date: dt.date | None = strawberry.field(default=strawberry.UNSET, description="Another day.")


@strawberry.input(description="Another status for a goal.")
class ChangeGoalStatusInput:
    """Completing sets the progress to 100."""

    id: strawberry.ID = strawberry.field(description="The goal.")
    status: goals.GoalStatus = strawberry.field(description="The status it is to have.")


@strawberry.input(description="How far a goal is reached.")
class ReportGoalProgressInput:
    """At 100 the goal is completed, as by `changeGoalStatus`."""

    id: strawberry.ID = strawberry.field(description="The goal.")
    completion_percentage: Decimal = strawberry.field(description="0 to 100; kept with two decimals.")


@strawberry.input(description="A tutor's or administrator's yes to a goal that a student says is reached.")
class ConfirmGoalInput:
    """With it the goal earns its points."""

    id: strawberry.ID = strawberry.field(description="The goal; completed, and not confirmed yet.")


@strawberry.type
class GoalMutations:
    """Mutations of goals."""

    @mutation(Permission.STUDY, "Set a goal for a student: the student themselves, their tutor or an administrator.")
    async def create_goal(self, info: Info, input: CreateGoalInput) -> GoalPayload:
        async with info.context.unit_of_work() as work:
            student_id = row_id(input.student_id, "Student")
            permissions.require(
                permissions.studies_for(work.viewer, student_id),
                "You cannot set goals for this student.",
                "student_id",
            )
            draft = goals.draft(
                student_id=student_id,
                created_by_id=work.viewer.id,
                subject_id=optional_row_id(input.subject_id, "Subject"),
                goal_type=input.goal_type,
                title=input.title,
                description=input.description,
                target_completion_date=input.target_completion_date,
            )
            goal_id = id_for(work.viewer.id, "createGoal", input.idempotency_key)
            made = await created_before(work, input.idempotency_key, goal_id, goals_db.goals_by_id)
            if made is not None:
                same_request(made.student_id == student_id)
                return GoalPayload(goal=Goal.view(made))
            goal = await goals_db.insert_goal(work, goal_id, draft)
            work.tell(Event(EventKind.GOAL_PROGRESS, goal.student_id, goal.id))
        return GoalPayload(goal=Goal.view(goal))

    @mutation(Permission.STUDY, "Change a goal's texts, subject, kind or date.")
    async def update_goal(self, info: Info, input: UpdateGoalInput) -> GoalPayload:
        async with info.context.unit_of_work() as work:
            goal = await goals_db.lock_goal(work, row_id(input.id, "Goal"))
            edits = given(input, "title", "description", "goal_type", "target_completion_date")
            if input.subject_id is not strawberry.UNSET:
                edits["subject_id"] = optional_row_id(input.subject_id, "Subject")
            goal = await goals_db.update_goal(work, goal.id, goals.edit(goal, **edits))
        return GoalPayload(goal=Goal.view(goal))

    @mutation(
        Permission.STUDY,
        "Pause, resume, cancel or complete a goal. What a student says is reached earns points once a tutor or "
        "administrator confirms it; one of these who completes it confirms it with that.",
    )
    async def change_goal_status(self, info: Info, input: ChangeGoalStatusInput) -> GoalPayload:
        async with info.context.unit_of_work() as work:
            goal = await goals_db.lock_goal(work, row_id(input.id, "Goal"))
            goal = await goals_db.update_goal(work, goal.id, goals.move(goal, input.status, work.viewer, now()))
            work.tell(Event(EventKind.GOAL_PROGRESS, goal.student_id, goal.id))
            await _count_if_reached(work, goal)
        return GoalPayload(goal=Goal.view(goal))

    @mutation(Permission.STUDY, "Report how far an active goal is reached.")
    async def report_goal_progress(self, info: Info, input: ReportGoalProgressInput) -> GoalPayload:
        async with info.context.unit_of_work() as work:
            before = await goals_db.lock_goal(work, row_id(input.id, "Goal"))
            change = goals.progress(before, input.completion_percentage, work.viewer, now())
            goal = await goals_db.update_goal(work, before.id, change)
            if goal.completion_percentage != before.completion_percentage or goal.status is not before.status:
                work.tell(Event(EventKind.GOAL_PROGRESS, goal.student_id, goal.id))
            await _count_if_reached(work, goal)
        return GoalPayload(goal=Goal.view(goal))

    @mutation(Permission.TEACH, "Confirm that a goal is reached, as the student says: one of their tutors or an admin.")
    async def confirm_goal(self, info: Info, input: ConfirmGoalInput) -> GoalPayload:
        async with info.context.unit_of_work() as work:
            goal = await goals_db.lock_goal(work, row_id(input.id, "Goal"))
            goal = await goals_db.update_goal(work, goal.id, goals.confirm(goal, work.viewer, now()))
            work.tell(Event(EventKind.GOAL_PROGRESS, goal.student_id, goal.id))
            await _count_if_reached(work, goal)
        return GoalPayload(goal=Goal.view(goal))


async def _count_if_reached(work: Work, goal: goals.Goal) -> None:
    if goal.confirmed_at is not None:
        await defer(work, JobKind.COUNT_GOAL, goal_id=goal.id)
