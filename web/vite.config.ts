import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
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
