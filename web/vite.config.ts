import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

import * as generated from './src/generated/graphql';

/**
 * Puts each operation in place of the `graphql(…)` that wrote it, so that a page loads its own and no other's: the
 * generated function finds them in a map of all.
 */
function documentsInPlace(): Plugin {
  const documents: Record<string, unknown> = { ...generated };
  return {
    name: 'documents-in-place',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/src\/(?!generated\/).*\.tsx?$/.test(id)) return null;
      return code.replace(/\bgraphql\(\/\* GraphQL \*\/ `\s*(\w+) (\w+)[^`]*`\)/g, (_, kind: string, name: string) => {
        // Fragments stand in each operation that spreads them.
        if (kind === 'fragment') return 'undefined';
        const document = documents[`${name}Document`];
        if (document === undefined) throw new Error(`${id}: ${kind} ${name} is not in src/generated.`);
        return JSON.stringify(document);
      });
    },
  };
}

export default defineConfig({
  plugins: [documentsInPlace(), react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // The pages' policy lets nothing run or load that is written into them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The editor of GraphiQL is what it is.
    chunkSizeWarningLimit: 8_000,
    rolldownOptions: {
      input: ['index.html', 'graphiql.html'],
      onLog(level, log, report) {
        // "use no memo" is for a compiler that has already run.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});
