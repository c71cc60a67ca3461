"""Linking parents to their children."""

import strawberry

from db import audit
from db import parent_links as links_db
from db.engine import Work
from domain import parent_links, permissions
from domain.events import Event, EventKind
from domain.parent_links import LinkStatus
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.ids import row_id
from schema.types.parent_link import ParentLink


@strawberry.type(description="The link that was made or changed.")
class ParentLinkPayload(Payload):
    """The answer of every mutation of a link."""

    link: ParentLink | None = strawberry.field(default=None, description="The link as it is now; null when refused.")


@strawberry.input(description="A new link of a parent to a child; it is active at once.")
class CreateParentLinkInput:
    """A parent and a child go together once."""

    parent_id: strawberry.ID = strawberry.field(description="The parent.")
    student_id: strawberry.ID = strawberry.field(description="The child.")


@strawberry.input(description="A link that is to end.")
class EndParentLinkInput:
    """The parent no longer sees the child."""

    id: strawberry.ID = strawberry.field(description="The link.")


@strawberry.input(description="A link that has ended and is to be active again.")
class ResumeParentLinkInput:
    """The parent sees the child again."""

    id: strawberry.ID = strawberry.field(description="The link.")


@strawberry.type
class ParentLinkMutations:
    """Mutations of links."""

    @mutation(Permission.MANAGE_PEOPLE, "Link a parent to a child: an administrator.")
    async def create_parent_link(self, info: Info, input: CreateParentLinkInput) -> ParentLinkPayload:
        async with info.context.unit_of_work() as work:
            parent_id = row_id(input.parent_id, "Parent")
            link = await links_db.insert_link(work, parent_id, row_id(input.student_id, "Student"))
            await _note(work, "parent_link.create", EventKind.LINK_BEGUN, link)
        return ParentLinkPayload(link=ParentLink.view(link))

    @mutation(Permission.MANAGE_LINKS, "End a link: the parent themselves, or an administrator.")
    async def end_parent_link(self, info: Info, input: EndParentLinkInput) -> ParentLinkPayload:
        async with info.context.unit_of_work() as work:
            link = await links_db.lock_link(work, row_id(input.id, "ParentLink"))
            permissions.require(permissions.ends_link(work.viewer, link), "This link is not yours to end.", "id")
            link = await links_db.update_link(work, link.id, parent_links.move(link, LinkStatus.ENDED))
            await _note(work, "parent_link.end", EventKind.LINK_ENDED, link)
        return ParentLinkPayload(link=ParentLink.view(link))

    @mutation(Permission.MANAGE_PEOPLE, "Make a link active again that has ended: an administrator.")
    async def resume_parent_link(self, info: Info, input: ResumeParentLinkInput) -> ParentLinkPayload:
        async with info.context.unit_of_work() as work:
            link = await links_db.lock_link(work, row_id(input.id, "ParentLink"))
            link = await links_db.update_link(work, link.id, parent_links.move(link, LinkStatus.ACTIVE))
            await _note(work, "parent_link.resume", EventKind.LINK_BEGUN, link)
        return ParentLinkPayload(link=ParentLink.view(link))


async def _note(work: Work, action: str, kind: EventKind, link: parent_links.ParentLink) -> None:
    """In the audit log, for later, and to those who watch: the parent too, who may see the child no more."""
    await audit.record(work, action, "ParentLink", link.id, link.student_id)
    work.tell(Event(kind, link.student_id, link.id, link.parent_id))
