import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './graphiql.css';

import { createRoot, type Root } from 'react-dom/client';

import {
  decoded,
  demo,
  demoPeople,
  nobody,
  pasted,
  whoIs,
  type DemoPerson,
  type TokenSource,
  type Viewer,
} from '../identity';
import { Console } from './Console';

let root: Root | null = null;
let shown = 0;

/** Ask as somebody; what the one before had open is closed. `opened` is what the page was opened with. */
async function askAs(source: TokenSource, people: DemoPerson[], opened: Opened | null = null): Promise<void> {
  let viewer: Viewer | null = null;
  let problem: string | null = null;
  try {
    viewer = await whoIs(source);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
    source = nobody;
  }
  root?.unmount();
  // The editor finds its texts by these ids: nobody is to find those of the one before.
  root = createRoot(document.getElementById('page') as HTMLElement, { identifierPrefix: `viewer${++shown}-` });
  document.title = `${viewer ? `${viewer.displayName || viewer.email} · ` : ''}GraphiQL · Study Companion`;
  root.render(
    <Console
      source={source}
      viewer={viewer}
      people={people}
      problem={problem}
      opened={opened}
      onChoose={(email) => {
        // In the address, so that a link leads to somebody and a reload comes back to them.
        history.replaceState(null, '', email === null ? '#as=nobody' : `#as=${email}`);
        void askAs(email === null ? nobody : demo(email), people);
      }}
      onToken={(token) => void askAs(pasted(token), people)}
    />,
  );
}

/** A query that a link brings along. */
export interface Opened {
  query: string;
  variables: string;
}

/** A part of the address after the #, such as `#as=tutor@demo.test&query=...`: it never reaches a server. */
function part(name: string): string | null {
  const found = new RegExp(`[#&]${name}=([^&]*)`).exec(window.location.hash)?.[1];
  return found === undefined ? null : decoded(found);
}

/** Whom the address names, else the first tutor; null for nobody. */
function wanted(people: DemoPerson[]): string | null {
  const named = part('as');
  if (named !== null) return people.find(({ email }) => email === named)?.email ?? null;
  return people.find(({ role }) => role === 'tutor')?.email ?? null;
}

async function begin(): Promise<void> {
  const people = await demoPeople().catch(() => []);
  const email = wanted(people);
  const query = part('query');
  const opened = query === null ? null : { query, variables: part('variables') ?? '' };
  // Once: a reload comes back to the tabs as they are then.
  const as = part('as');
  if (opened) history.replaceState(null, '', `${window.location.pathname}${as === null ? '' : `#as=${as}`}`);
  await askAs(email === null ? nobody : demo(email), people, opened);
}

void begin();
