"""Reading and writing study material; db.retrieval searches it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Integer, Text, Uuid, any_, bindparam, column, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged, reads
from db.constraints import refusing
from db.engine import Transaction, Work
from db.statement import Compiled, Row, Statement
from db.tables import study_materials, study_passages
from domain.companion.retrieval import SourceKind, passages_of
from domain.errors import Code, Refused
from domain.study_material import StudyMaterial, StudyMaterialDraft, StudyMaterialFilter

NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)

_MATERIALS = select(
    study_materials.c.id,
    study_materials.c.title,
    study_materials.c.subject_id,
    study_materials.c.created_by.label("created_by_id"),
    study_materials.c.is_active,
    study_materials.c.source,
    study_materials.c.licence,
    study_materials.c.created_at,
)
_CONDITIONS = {
    "subject_id": study_materials.c.subject_id == bindparam("subject_id"),
    "active": study_materials.c.is_active == bindparam("active"),
}
_REFUSALS = {
    "study_materials_subject_id_fkey": (Code.NOT_FOUND, "There is no such subject.", "subject_id"),
}

_by_id = ByKey("study_materials_by_id", _MATERIALS, StudyMaterial, key=study_materials.c.id)
_all = Paged("all_study_materials", _MATERIALS, StudyMaterial, conditions=_CONDITIONS)
_by_subject = Paged(
    "study_materials_by_subject",
    _MATERIALS,
    StudyMaterial,
    key=study_materials.c.subject_id,
    conditions=_CONDITIONS,
)
_by_creator = Paged(
    "study_materials_by_creator",
    _MATERIALS,
    StudyMaterial,
    key=study_materials.c.created_by,
    conditions=_CONDITIONS,
)
_lock = Statement(
    "lock_study_material",
    _MATERIALS.where(study_materials.c.id == bindparam("material_id")).with_for_update(),
    StudyMaterial,
)


_texts = Compiled(
    "texts_by_study_material",
    select(study_materials.c.id, study_materials.c.text).where(
        study_materials.c.id == any_(bindparam("keys", type_=ARRAY(Uuid())))
    ),
)
_COLUMNS = ("id", "material_id", "position", "title", "text")
_rows = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid())),
        bindparam("material_ids", type_=ARRAY(Uuid())),
        bindparam("positions", type_=ARRAY(Integer())),
        bindparam("titles", type_=ARRAY(Text())),
        bindparam("texts", type_=ARRAY(Text())),
    )
    .table_valued(*(column(name, study_passages.c[name].type) for name in _COLUMNS), name="passage")
    .render_derived()
)
_add_passages = Compiled(
    "add_study_passages", insert(study_passages).from_select(list(_COLUMNS), select(*(_rows.c[c] for c in _COLUMNS)))
)


@reads(_by_id)
async def study_materials_by_id(read: Transaction, material_ids: Sequence[UUID]) -> list[StudyMaterial | None]:
    """The material of each id; None where there is none."""
    return await _by_id.read(read, material_ids)


@reads(_all)
async def all_study_materials(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: StudyMaterialFilter | None = None
) -> list[list[StudyMaterial]]:
    """A page of all material, the same for everybody."""
    return await _all.read(read, viewer_ids, page, where)


async def count_all_study_materials(
    read: Transaction, viewer_ids: Sequence[UUID], where: StudyMaterialFilter | None = None
) -> list[int]:
    """How much material there is."""
    return await _all.count(read, viewer_ids, where)


@reads(_by_subject)
async def study_materials_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: StudyMaterialFilter | None = None
) -> list[list[StudyMaterial]]:
    """A page of the material in each subject."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_study_materials_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], where: StudyMaterialFilter | None = None
) -> list[int]:
    """How much material each subject has."""
    return await _by_subject.count(read, subject_ids, where)


@reads(_by_creator)
async def study_materials_by_creator(
    read: Transaction, user_ids: Sequence[UUID], page: Page, where: StudyMaterialFilter | None = None
) -> list[list[StudyMaterial]]:
    """A page of the material that each person added."""
    return await _by_creator.read(read, user_ids, page, where)


async def count_study_materials_by_creator(
    read: Transaction, user_ids: Sequence[UUID], where: StudyMaterialFilter | None = None
) -> list[int]:
    """How much material each person added."""
    return await _by_creator.count(read, user_ids, where)


async def texts_by_study_material(read: Transaction, material_ids: Sequence[UUID]) -> list[str | None]:
    """The whole text of each material."""
    found: dict[UUID, str] = dict(await read.run(_texts, {"keys": list(material_ids)}))
    return [found.get(material_id) for material_id in material_ids]


async def lock_study_material(work: Work, material_id: UUID) -> StudyMaterial:
    """The material, held against other writers until the work ends. Raises Refused (NOT_FOUND).

    One of another tutor's is not to be locked, and so not found.
    """
    material = await work.first(_lock, material_id=material_id)
    if material is None:
        raise Refused(Code.NOT_FOUND, "There is no such study material, or it is not yours to change.", "id")
    return material


async def insert_study_material(work: Work, material_id: UUID, draft: StudyMaterialDraft) -> StudyMaterial:
    """A new material with its passages. Raises Refused (NOT_FOUND) for a subject that is not there."""
    statement = insert(study_materials).values(id=material_id, **draft.values())
    with refusing(_REFUSALS):
        await work.execute("insert_study_material", statement)
    await add_passages(work, passage_rows(material_id, draft.title, draft.text))
    return await lock_study_material(work, material_id)


async def update_study_material(work: Work, material_id: UUID, values: dict[str, Any]) -> StudyMaterial:
    """The material after the change; `values` by column."""
    statement = update(study_materials).where(study_materials.c.id == material_id).values(values)
    await work.execute("update_study_material", statement)
    return await lock_study_material(work, material_id)


def passage_rows(material_id: UUID, title: str, text: str) -> list[Row]:
    """The passages of a material, as `add_passages` takes them."""
    return [
        (uuid4(), material_id, passage.part, title, passage.text)
        for passage in passages_of(SourceKind.MATERIAL, material_id, title, text)
    ]


async def add_passages(work: Work, rows: Iterable[Row]) -> None:
    """Passages of any number of materials, in one statement."""
    given = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    await work.run(_add_passages, {f"{name}s": list(values) for name, values in zip(_COLUMNS, given, strict=True)})
