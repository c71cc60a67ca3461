import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../schema/schema.graphql',
  // The examples too: one that the schema no longer answers does not build.
  documents: ['src/**/*.{ts,tsx,graphql}', '!src/generated/**'],
  generates: {
    'src/generated/possible-types.ts': { plugins: ['./possible-types.cjs'] },
    'src/generated/': {
      preset: 'client',
      // What the pages send, by its hash: build.py puts it beside them, for servers that run nothing else.
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        useTypeImports: true,
        strictScalars: true,
        scalars: { Date: 'string', DateTime: 'string', Decimal: 'string', Time: 'string' },
      },
    },
  },
};

export default config;
