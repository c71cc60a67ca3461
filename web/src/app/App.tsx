import { Suspense, useEffect, useState, type ReactNode } from 'react';

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
import { Live, useConnectionState } from '../live';
import { Picker } from '../Picker';
import type { ConnectionState } from '../socket';
import { Toasts } from '../ui/happenings';
import { Face, Problem } from '../ui/parts';
import { Failed } from './Failed';
import { homeOf, NAVIGATION, PARTS } from './pages';
import { go, Link, Title, usePath } from './router';
import { Welcome } from './Welcome';

/** Who is asking; `viewer` is null for nobody. */
interface Asking {
  source: TokenSource;
  viewer: Viewer | null;
  problem: string | null;
}

async function askingAs(source: TokenSource): Promise<Asking> {
  try {
    return { source, viewer: await whoIs(source), problem: null };
  } catch (error) {
    return { source: nobody, viewer: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Whom the address names. */
function named(people: DemoPerson[]): string | null {
  const email = /^#as=(.+)$/.exec(decoded(window.location.hash))?.[1];
  return people.find((person) => person.email === email)?.email ?? null;
}

export function App() {
  const [people, setPeople] = useState<DemoPerson[] | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);

  useEffect(() => {
    void (async () => {
      const found = await demoPeople().catch(() => []);
      const email = named(found);
      setPeople(found);
      setAsking(await askingAs(email === null ? nobody : demo(email)));
    })();
  }, []);

  if (people === null || asking === null) return null;
  const { viewer, source, problem } = asking;

  async function choose(email: string | null) {
    // In the address, so that a link leads to somebody and a reload comes back to them.
    history.replaceState(null, '', `${window.location.pathname}${email === null ? '' : `#as=${email}`}`);
    await change(email === null ? nobody : demo(email));
  }

  async function change(to: TokenSource) {
    const next = await askingAs(to);
    // Somebody else begins at their own beginning.
    if (viewer !== null || next.viewer === null) go('/', { replace: true });
    setAsking(next);
  }

  const picker = (label: string) => (
    <Picker
      label={label}
      viewer={viewer}
      people={people}
      onChoose={(email) => void choose(email)}
      onToken={(token) => void change(pasted(token))}
    />
  );

  if (viewer === null) {
    return (
      <Welcome people={people} picker={picker('Open as')} onChoose={(email) => void choose(email)}>
        {problem !== null && <Problem>{problem}</Problem>}
      </Welcome>
    );
  }
  return (
    <Live key={viewer.id} source={source} viewer={viewer}>
      <Frame viewer={viewer} picker={picker('View as')}>
        <Page viewer={viewer} />
      </Frame>
    </Live>
  );
}

/** What is around every page. */
function Frame({ viewer, picker, children }: { viewer: Viewer; picker: ReactNode; children: ReactNode }) {
  const path = `/${usePath().join('/')}`;
  const sections = NAVIGATION[viewer.__typename];
  // The longest that the page lies under.
  const current = sections
    .filter(({ to }) => path === to || path.startsWith(`${to}/`))
    .sort((a, b) => b.to.length - a.to.length)[0]?.to;
  return (
    <div className="frame" data-role={viewer.__typename}>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          // What stands after the # is who is asking.
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the page
      </a>
      <header className="band">
        <div className="band-in">
          <Link to={homeOf(viewer.__typename)} className="brand">
            <Mark /> Study Companion
          </Link>
          <ConnectionSign />
          <div className="person">
            <Face name={viewer.displayName || viewer.email} />
            <span className="person-name">
              <strong>{viewer.displayName || viewer.email}</strong>
              <span className="small soft">{viewer.__typename}</span>
            </span>
          </div>
          {picker}
        </div>
        <nav aria-label="Pages">
          {sections.map(({ to, name }) => (
            <Link key={to} to={to} aria-current={to === current ? 'page' : undefined}>
              {name}
            </Link>
          ))}
          <a className="nav-tool" href={`/graphql${window.location.hash}`}>
            GraphiQL
          </a>
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}

const SAYS: Record<ConnectionState, string> = {
  idle: 'Connecting',
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  refused: 'Signed out',
};

/** How the connection is; a loss is told to those who do not see it too. */
export function ConnectionSign() {
  const state = useConnectionState();
  const [since, setSince] = useState<Date | null>(null);
  useEffect(() => {
    setSince((before) => (state === 'live' ? null : (before ?? new Date())));
  }, [state]);
  const lost = state === 'lost' || state === 'refused';
  return (
    <p className="connection" data-state={state} role="status">
      {SAYS[state]}
      {lost && since && (
        <span className="connection-more">
          {state === 'refused'
            ? ': your token has ended, use another'
            : `: this is how things were at ${since.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`}
        </span>
      )}
    </p>
  );
}

function Page({ viewer }: { viewer: Viewer }) {
  const [first, ...rest] = usePath();
  const role = viewer.__typename;
  useEffect(() => {
    if (first === undefined) go(homeOf(role), { replace: true });
  }, [first, role]);
  if (first === undefined) return null;
  const part = PARTS.find(({ path }) => path === first);
  if (part === undefined || !part.roles.includes(role)) {
    return (
      <div className="page">
        <Title name="Not here">{part ? 'This page is not yours' : 'There is no such page'}</Title>
        <p>
          {part && `It is for ${part.roles.map((each) => PLURAL[each]).join(' and ')}. `}
          <Link to={homeOf(role)}>Go to your own pages</Link>
        </p>
      </div>
    );
  }
  return (
    <Failed key={first}>
      <Suspense fallback={<div className="page" aria-busy="true" />}>
        <part.Component rest={rest} />
      </Suspense>
    </Failed>
  );
}

const PLURAL = { Student: 'students', Tutor: 'tutors', Parent: 'parents', Admin: 'administrators' };

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect x="3" y="2" width="26" height="28" rx="4" fill="var(--role)" />
      <path d="M10 2v28" stroke="var(--paper)" strokeWidth="1.6" opacity=".75" />
      <path
        d="m14.500 17 3.700 4 7-10"
        fill="none"
        stroke="var(--paper)"
        strokeWidth="3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
