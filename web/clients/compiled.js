/** Does what Relay's plugin for Babel or Vite does in an application: a tagged operation is what the compiler made of it. */

import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/relay.ts')) return loaded;
    const made = [];
    const source = String(loaded.source).replace(/graphql`\s*(?:query|subscription|mutation) (\w+)[^`]*`/g, (_, name) => {
      made.push(`import ${name} from './__generated__/${name}.graphql.ts';`);
      return name;
    });
    // Bundlers take names from a CommonJS package; Node takes the whole.
    const names = source.replace(/import \{([^}]*)\} from 'relay-runtime'/, (_, all) => {
      const values = all.split(',').filter((name) => !/^\s*type /.test(name));
      return `import relay from 'relay-runtime'; const {${values.join(',')}} = relay`;
    });
    return { ...loaded, source: [...made, names].join('\n') };
  },
});
