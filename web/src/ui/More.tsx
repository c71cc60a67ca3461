/** Long lists: what was read first, and behind a button the rest, page by page. */

import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { useQuery, type AnyVariables, type TypedDocumentNode } from 'urql';

import { graphql } from '../generated';
import type { ActivityKind, PagedFragment } from '../generated/graphql';
import { useLiveQuery } from '../live';
import { Button, Pending, Problem, sentence } from './parts';

export const PAGED = graphql(/* GraphQL */ `
  fragment Paged on PageInfo {
    hasNextPage
    endCursor
  }
`);

const SESSIONS_AFTER = graphql(/* GraphQL */ `
  query MoreSessions($id: ID!, $after: String!) {
    node(id: $id) {
      ... on Student {
        id
        sessions(first: 12, after: $after) {
          nodes {
            ...SessionShown
            tutor {
              id
              displayName
            }
          }
          pageInfo {
            ...Paged
          }
        }
      }
    }
  }
`);

const QUESTIONS_AFTER = graphql(/* GraphQL */ `
  query MoreQuestions($id: ID!, $after: String!) {
    node(id: $id) {
      ... on Student {
        id
        questions(first: 15, after: $after) {
          nodes {
            ...QuestionWithSources
          }
          pageInfo {
            ...Paged
          }
        }
      }
    }
  }
`);

const PRACTICE_AFTER = graphql(/* GraphQL */ `
  query MorePractice($id: ID!, $completed: Boolean!, $after: String!) {
    node(id: $id) {
      ... on Student {
        id
        practice(first: 20, after: $after, where: { completed: $completed }) {
          nodes {
            ...PracticeShown
          }
          pageInfo {
            ...Paged
          }
        }
      }
    }
  }
`);

/** A list that goes on: how its next page is read, and where it is in the answer. */
interface List<Data, Variables, Thing> {
  what: string;
  query: TypedDocumentNode<Data, Variables>;
  of: (data: Data) => Page<Thing> | null;
}

interface Page<Thing> {
  nodes: Thing[];
  pageInfo: PagedFragment;
}

export function list<Data, Variables, Thing>(all: List<Data, Variables, Thing>): List<Data, Variables, Thing> {
  return all;
}

/** A student's sessions, the latest first. */
export const SESSIONS = list({
  what: 'sessions',
  query: SESSIONS_AFTER,
  of: ({ node }) => (node && 'sessions' in node ? node.sessions : null),
});

/** What a student asked, the latest first. */
export const QUESTIONS = list({
  what: 'questions',
  query: QUESTIONS_AFTER,
  of: ({ node }) => (node && 'questions' in node ? node.questions : null),
});

/** A student's practice, done or to do, the latest first. */
export const PRACTICE = list({
  what: 'practice',
  query: PRACTICE_AFTER,
  of: ({ node }) => (node && 'practice' in node ? node.practice : null),
});

interface Props<Data, Variables, Thing> {
  list: List<Data, Variables, Thing>;
  /** The first page, as it was read with all else around it. */
  first: Page<Thing>;
  /** Of the page that comes after a cursor. */
  variables: (after: string) => Variables;
  /** What changes which things the list has. */
  kinds: readonly ActivityKind[];
  /** `things` for lines, `stack` for sheets. */
  className: string;
  /** The order within a page, where it is not that of the list. */
  order?: (page: Thing[]) => Thing[];
  /** Draws a thing; `again` reads the pages after the first anew. */
  children: (thing: Thing, again: () => void) => ReactNode;
}

/** A page after the first, and the cursor that it was read after. */
interface Further<Thing> extends Page<Thing> {
  after: string;
}

/**
 * A list of which more can be shown, as one: what moves from page to page stays where it stands, with what is written
 * in it. What somebody writes about (`useWriting`) stays in it until they are done, whoever else was there.
 */
export function Listed<Data, Variables extends AnyVariables, Thing extends { id: string }>({
  children,
  className,
  first,
  order = (page) => page,
  ...reading
}: Props<Data, Variables, Thing>) {
  const [open, setOpen] = useState(0);
  const [further, setFurther] = useState<readonly Further<Thing>[]>([]);
  const [turn, setTurn] = useState(0);
  const [written, setWritten] = useState<readonly string[]>([]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  const write = useCallback((id: string) => {
    setWritten((before) => [...before, id]);
    return () => setWritten((before) => before.filter((each) => each !== id));
  }, []);
  const read = useCallback((place: number, page: Further<Thing>) => {
    setFurther((before) => [...before.slice(0, place), page, ...before.slice(place + 1)]);
  }, []);

  // Each begins where the one before it ends, wherever that moves to: nothing is missed between the two.
  const pages = [first];
  const cursors: string[] = [];
  let ends = first.pageInfo;
  while (cursors.length < open && ends.hasNextPage && ends.endCursor) {
    const page = further[cursors.length];
    cursors.push(ends.endCursor);
    if (page === undefined) break;
    pages.push(page);
    ends = page.pageInfo;
  }
  const waits = cursors.length === pages.length;
  const fitting = pages.slice(1).every((_, place) => further[place]?.after === cursors[place]);
  const shown = useRef<readonly Thing[]>([]);
  const now = distinct(pages.flatMap(({ nodes }) => order(nodes)));
  // While the pages do not fit together, something may be on none of them for a moment.
  const things = fitting ? withWritten(now, shown.current, written) : renewed(shown.current, now);
  shown.current = things;

  const here = useRef<HTMLOListElement>(null);
  const before = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (before.current === null || waits) return;
    // The button that was pressed is gone.
    const at = things.findIndex(({ id }) => !before.current?.has(id));
    before.current = null;
    (here.current?.children[at] as HTMLElement | undefined)?.focus({ preventScroll: true });
  });

  return (
    <Writing value={write}>
      {things.length > 0 && (
        <ol className={className} ref={here}>
          {things.map((thing) => (
            <li key={thing.id} tabIndex={-1}>
              {children(thing, again)}
            </li>
          ))}
        </ol>
      )}
      {cursors.map((after, place) => (
        // Anew for each place to begin: until that was read, it gives nothing.
        <Reader key={`${place} ${after}`} {...reading} after={after} turn={turn} known={further[place]} at={place} onRead={read} />
      ))}
      {!waits && ends.hasNextPage && ends.endCursor && (
        <div className="show-more">
          <Button
            onClick={() => {
              before.current = new Set(things.map(({ id }) => id));
              setOpen(pages.length);
            }}
          >
            Show more<span className="hidden"> {reading.list.what}</span>
          </Button>
        </div>
      )}
    </Writing>
  );
}

function distinct<Thing extends { id: string }>(things: readonly Thing[]): Thing[] {
  const seen = new Set<string>();
  return things.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** `before` with each thing as it is now. */
function renewed<Thing extends { id: string }>(before: readonly Thing[], now: readonly Thing[]): Thing[] {
  const newer = new Map(now.map((thing) => [thing.id, thing]));
  return before.map((thing) => newer.get(thing.id) ?? thing);
}

/** `now`, and what is written about though it is gone: behind what it stood behind. */
function withWritten<Thing extends { id: string }>(
  now: readonly Thing[],
  before: readonly Thing[],
  written: readonly string[],
): Thing[] {
  const things = [...now];
  before.forEach((thing, place) => {
    if (!written.includes(thing.id) || things.some(({ id }) => id === thing.id)) return;
    const front = new Set(before.slice(0, place).map(({ id }) => id));
    things.splice(things.findLastIndex(({ id }) => front.has(id)) + 1, 0, thing);
  });
  return things;
}

/** Reads a page after the first, and says so while it cannot. */
function Reader<Data, Variables extends AnyVariables, Thing>({
  list,
  variables,
  kinds,
  after,
  turn,
  known,
  at,
  onRead,
}: Pick<Props<Data, Variables, Thing>, 'list' | 'variables' | 'kinds'> & {
  after: string;
  turn: number;
  known: Further<Thing> | undefined;
  at: number;
  onRead: (place: number, page: Further<Thing>) => void;
}) {
  const { data, error, again } = useLiveQuery(list.query, variables(after), kinds);
  const page = data ? list.of(data) : null;
  const begun = useRef(turn);
  useEffect(() => {
    if (turn !== begun.current) again();
  }, [turn, again]);
  useEffect(() => {
    if (page) onRead(at, { ...page, after });
    // What was read before is better than nothing.
    else if (error && known && known.after !== after) onRead(at, { ...known, after });
  }, [page, error, known, after, at, onRead]);
  if (known === undefined) return <Pending error={error} what={`more ${list.what}`} />;
  return error && <Problem>{sentence(error)}</Problem>;
}

const Writing = createContext<(id: string) => () => void>(() => () => undefined);

const WRITTEN_ABOUT = graphql(/* GraphQL */ `
  query WrittenAbout($id: ID!) {
    node(id: $id) {
      id
      ... on PracticeAssignment {
        ...PracticeShown
      }
      ... on Question {
        ...QuestionShown
      }
    }
  }
`);

/** The thing as it is now, also when its list has it no more: it stays there while somebody is `writing` about it. */
export function useWriting<Thing extends { id: string }>(thing: Thing, writing: boolean): Thing {
  const { id } = thing;
  const write = useContext(Writing);
  useEffect(() => (writing ? write(id) : undefined), [writing, write, id]);
  const [{ data }] = useQuery({ query: WRITTEN_ABOUT, variables: { id }, pause: !writing });
  return writing && data?.node?.id === id ? { ...thing, ...data.node } : thing;
}
