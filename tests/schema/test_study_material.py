"""Study material: added by tutors and administrators, read by everybody, out of use when it is put there."""

from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make

ADD = """
mutation ($input: AddStudyMaterialInput!) {
  addStudyMaterial(input: $input) {
    studyMaterial { title text isActive source licence subject { name } createdBy { email } }
    userErrors { field code message }
  }
}
"""
SET = """
mutation ($input: SetStudyMaterialActiveInput!) {
  setStudyMaterialActive(input: $input) { studyMaterial { isActive } userErrors { field code message } }
}
"""
LIST = """
query ($where: StudyMaterialWhere) { studyMaterials(where: $where) { totalCount nodes { title isActive } } }
"""


async def test_a_tutor_adds_a_text(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    algebra = to_global("Subject", await make.subject())
    sentence = "The roots of a quadratic are where its graph meets the axis. "
    given = {"title": " Roots ", "text": sentence * 60, "subjectId": algebra, "source": "Own", "licence": "CC0"}
    data = await api.data(ADD, tess, input=given)
    assert data["addStudyMaterial"] == {
        "studyMaterial": {
            "title": "Roots",
            "text": (sentence * 60).strip(),
            "isActive": True,
            "source": "Own",
            "licence": "CC0",
            "subject": {"name": "Algebra"},
            "createdBy": {"email": "tess@school.test"},
        },
        "userErrors": [],
    }
    cursor = await make.owner.execute("select position, title, length(text) from study_passages order by position")
    assert await cursor.fetchall() == [(0, "Roots", 1524), (1, "Roots", 1524), (2, "Roots", 609)]
    assert await api.data(LIST, sam) == {
        "studyMaterials": {"totalCount": 1, "nodes": [{"title": "Roots", "isActive": True}]}
    }
    walk = "query ($id: ID!) { node(id: $id) { ... on Tutor { studyMaterials { nodes { title } } } } }"
    assert await api.data(walk, sam, id=tess.gid) == {"node": {"studyMaterials": {"nodes": [{"title": "Roots"}]}}}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"title": " "}, ("title", "INVALID")),
        ({"title": "x" * 201}, ("title", "TOO_LONG")),
        ({"text": "\n"}, ("text", "INVALID")),
        ({"text": "x" * 200_001}, ("text", "TOO_LONG")),
        ({"text": "a\x00b"}, ("text", "INVALID")),
        ({"licence": "x" * 501}, ("licence", "TOO_LONG")),
        ({"subjectId": to_global("Subject", UUID(int=0))}, ("subjectId", "NOT_FOUND")),
    ],
)
async def test_what_cannot_be_added(api: Api, make: Make, given: dict[str, Any], error: tuple[str, str]) -> None:
    tess = await make.tutor()
    data = await api.data(ADD, tess, input={"title": "Roots", "text": "A root.", **given})
    assert data["addStudyMaterial"]["studyMaterial"] is None
    assert [(each["field"], each["code"]) for each in data["addStudyMaterial"]["userErrors"]] == [error]
    assert (await api.data(LIST, tess))["studyMaterials"]["totalCount"] == 0


async def test_who_puts_a_text_out_of_use(api: Api, make: Make) -> None:
    tess, other, ada = await make.tutor(), await make.tutor("other"), await make.admin()
    material = to_global(
        "StudyMaterial", await make.row("study_materials", title="Roots", text="x", created_by=tess.id)
    )
    for who, active, code in (
        (other, False, "NOT_FOUND"),
        (tess, True, "ALREADY_DONE"),
        (tess, False, None),
        (tess, False, "ALREADY_DONE"),
        (ada, True, None),
    ):
        data = await api.data(SET, who, input={"id": material, "active": active})
        codes = [error["code"] for error in data["setStudyMaterialActive"]["userErrors"]]
        assert codes == ([code] if code else []), (who.email, active)
    assert (await api.data(LIST, other, where={"active": True}))["studyMaterials"]["totalCount"] == 1
    assert (await api.data(LIST, other, where={"active": False}))["studyMaterials"]["totalCount"] == 0
