/** What GraphiQL keeps in the browser: tabs, history and layout, apart for each role, and never headers. */

import type { Storage } from '@graphiql/toolkit';

/** A shelf of localStorage; the colours alone are the same for everyone. */
export function storageOf(role: string): Storage {
  const named = (key: string) => (key === 'graphiql:theme' ? key : `${role}:${key}`);
  return {
    getItem: (key) => localStorage.getItem(named(key)),
    setItem: (key, value) => {
      if (!/headers/i.test(key)) localStorage.setItem(named(key), value);
    },
    removeItem: (key) => localStorage.removeItem(named(key)),
    clear: () => {
      for (const key of Object.keys(localStorage)) if (key.startsWith(`${role}:`)) localStorage.removeItem(key);
    },
    get length() {
      return Object.keys(localStorage).filter((key) => key.startsWith(`${role}:`)).length;
    },
  };
}
