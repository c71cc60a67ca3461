/** The rest of a long list: a button, and behind it the next page, with the same below it. */

import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { AnyVariables, TypedDocumentNode } from 'urql';

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
  /** Of the page that comes after a cursor. */
  variables: (after: string) => Variables;
  /** The end of the page before. */
  end: PagedFragment;
  /** What changes which things the list has. */
  kinds: readonly ActivityKind[];
  /** Draws a page; `again` reads it anew. */
  children: (things: Thing[], again: () => void) => ReactNode;
}

/** Stands below a page of a list. */
export function More<Data, Variables extends AnyVariables, Thing>(props: Props<Data, Variables, Thing>) {
  const [open, setOpen] = useState(false);
  const { hasNextPage, endCursor } = props.end;
  if (!hasNextPage || !endCursor) return null;
  if (open) return <NextPage {...props} after={endCursor} />;
  return (
    <div className="show-more">
      <Button onClick={() => setOpen(true)}>
        Show more<span className="hidden"> {props.list.what}</span>
      </Button>
    </div>
  );
}

/** It begins where the page before ends, wherever that moves to: nothing is missed between the two. */
function NextPage<Data, Variables extends AnyVariables, Thing>({
  after,
  ...props
}: Props<Data, Variables, Thing> & { after: string }) {
  const { list, variables, kinds, children } = props;
  const { data, error, again } = useLiveQuery(list.query, variables(after), kinds);
  const page = data && list.of(data);
  const here = useRef<HTMLDivElement>(null);
  const shown = Boolean(page);
  // The button that was pressed is gone.
  useEffect(() => {
    if (shown) here.current?.focus({ preventScroll: true });
  }, [shown]);
  if (!page) return <Pending error={error} what={`more ${list.what}`} />;
  return (
    <>
      <div ref={here} className="stack more" tabIndex={-1} role="group" aria-label={`More ${list.what}`}>
        {error && <Problem>{sentence(error)}</Problem>}
        {children(page.nodes, again)}
      </div>
      <More {...props} end={page.pageInfo} />
    </>
  );
}
