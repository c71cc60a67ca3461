import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import graphql from '@graphql-eslint/eslint-plugin';
import { buildSchema, isObjectType } from 'graphql';

const schema = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));

// What has an identity is a Node. Connections, payloads, counts and contents have none of their own, and the rule wants
// such types named; a type with a field `id` is never among them.
const values = Object.values(buildSchema(readFileSync(schema, 'utf8')).getTypeMap())
  .filter((type) => isObjectType(type) && !type.getFields().id)
  .filter((type) => !type.getInterfaces().some(({ name }) => name === 'Node'))
  .map(({ name }) => name);

export default [
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema } } },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      '@graphql-eslint/strict-id-in-types': ['error', { exceptions: { types: values } }],
      // The specification of connections asks for no less than edges in connections, and for no more: lists that are
      // short by nature (texts, a question's citations, counts) and the connections' own `nodes` stay plain lists.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
    },
  },
];
