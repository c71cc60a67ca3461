/** Operations to begin with, by folder: one for each role, and those that count. A test runs each on the demo data. */

export interface Example {
  /** The operation's name. */
  name: string;
  /** What it is for: the comment that it begins with. */
  purpose: string;
  /** query, mutation or subscription. */
  kind: string;
  text: string;
}

const FILES = import.meta.glob<string>('./examples/**/*.graphql', { query: '?raw', import: 'default', eager: true });

const SHELVES: Record<string, [folder: string, title: string][]> = {
  Student: [['student', 'For students']],
  Tutor: [
    ['tutor', 'For tutors'],
    ['analytics', 'Saved queries: analytics'],
  ],
  Parent: [['parent', 'For parents']],
  Admin: [
    ['admin', 'For administrators'],
    ['analytics', 'Saved queries: analytics'],
  ],
};

/** The shelves of a role, with what is on them; none for nobody. */
export function shelvesOf(role: string): { title: string; examples: Example[] }[] {
  return (SHELVES[role] ?? []).map(([folder, title]) => ({ title, examples: examplesIn(folder) }));
}

/** What is open at first: the role's own examples. */
export function firstTabs(role: string): { query: string }[] {
  const [own] = shelvesOf(role);
  return own ? own.examples.map(({ text }) => ({ query: text })) : [{ query: WELCOME }];
}

const WELCOME = `# Nobody is signed in. Paste an access token above to ask as somebody.
query Nobody {
  viewer {
    displayName
  }
}
`;

function examplesIn(folder: string): Example[] {
  return Object.keys(FILES)
    .filter((path) => path.startsWith(`./examples/${folder}/`))
    .sort()
    .map((path) => read(FILES[path] ?? ''));
}

function read(text: string): Example {
  const [, kind = '', name = ''] = /^(query|mutation|subscription) (\w+)/m.exec(text) ?? [];
  const purpose = (/^(?:#.*\n)+/.exec(text)?.[0] ?? '').replace(/^# ?/gm, '').replace(/\n/g, ' ').trim();
  return { name, kind, purpose, text };
}
