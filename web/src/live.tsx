/** What happens while a page is open: one stream for all of it, from which the cache is kept and lists are read anew. */

import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';
import { Provider, useQuery, type AnyVariables, type CombinedError, type TypedDocumentNode } from 'urql';

import { connect, type Connection } from './client';
import { graphql } from './generated';
import type { ActivityKind, ActivitySubscription } from './generated/graphql';
import type { TokenSource, Viewer } from './identity';
import type { ConnectionState } from './socket';

/** Something that happened, as it was sent. */
export type Happening = ActivitySubscription['activity'];

/** `gap`: nobody knows what happened meanwhile, all that is shown is to be read anew. */
type Listener = (event: Happening | 'gap') => void;

const ACTIVITY = graphql(/* GraphQL */ `
  subscription Activity($after: String, $snapshot: Boolean = false) {
    activity(after: $after, snapshot: $snapshot) {
      kind
      cursor
      occurredAt
      student {
        id
        displayName
      }
      node {
        __typename
        id
        ... on Override {
          ...OverrideWithTarget
          revertedAt
          revertedBy {
            id
            displayName
          }
        }
        ... on Summary {
          ...SummaryShown
        }
        ... on PracticeAssignment {
          ...PracticeShown
        }
        ... on Question {
          ...QuestionShown
        }
        ... on Nudge {
          ...NudgeShown
        }
        ... on Goal {
          ...GoalShown
        }
      }
    }
  }
`);

/** Pages wait for the stream this long before they read without it. */
const PATIENCE = 1_500;

/** What the pages below ask through, and what they hear of. */
export function Live({ source, viewer, children }: { source: TokenSource; viewer: Viewer; children: ReactNode }) {
  const [link, setLink] = useState<{ connection: Connection; follow: Follow } | null>(null);
  const [ready, setReady] = useState(false);

  useEffect(() => {
    const connection = connect(source, viewer);
    const follow = new Follow(connection);
    const patience = setTimeout(() => setReady(true), PATIENCE);
    // Followed first and read then, nothing falls between the two.
    follow.begin(() => {
      clearTimeout(patience);
      setReady(true);
    });
    setLink({ connection, follow });
    return () => {
      clearTimeout(patience);
      follow.end();
      connection.dispose();
    };
  }, [source, viewer]);

  if (link === null) return null;
  return (
    <LinkContext value={link}>
      <Provider value={link.connection.client}>{ready ? children : null}</Provider>
    </LinkContext>
  );
}

/** The stream of activity, begun again wherever it ends. */
class Follow {
  private readonly listeners = new Set<Listener>();
  private unsubscribe: () => void = () => undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private cursor: string | null = null;
  /** What to do when all that happens from then on will be heard of. */
  private due: (() => void) | null = null;

  constructor(private readonly connection: Connection) {}

  /** `reached` is called once, when all that happens from now on will be heard of. */
  begin(reached: () => void): void {
    const began = Date.now();
    this.due = () => {
      reached();
      if (Date.now() - began > PATIENCE) this.tell('gap');
    };
    this.open();
  }

  end(): void {
    clearTimeout(this.retry);
    this.unsubscribe();
  }

  hear(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private open(): void {
    const { unsubscribe } = this.connection.client
      .subscription(ACTIVITY, { after: this.cursor, snapshot: false })
      .subscribe(({ data, error }) => {
        if (error) this.again(error);
        if (!data) return;
        this.cursor = data.activity.cursor ?? this.cursor;
        if (data.activity.kind !== 'HEARTBEAT') return this.tell(data.activity);
        this.due?.();
        this.due = null;
      });
    this.unsubscribe = unsubscribe;
  }

  private again(error: CombinedError): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.unsubscribe();
      // It would be refused again, each second.
      if (this.connection.state.get() === 'refused') return;
      if (hasCode(error, 'RESYNC_REQUIRED')) {
        const before = this.due;
        this.cursor = null;
        this.due = () => {
          before?.();
          this.tell('gap');
        };
      }
      this.open();
    }, 1_000);
  }

  private tell(event: Happening | 'gap'): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}

const LinkContext = createContext<{ connection: Connection; follow: Follow } | null>(null);

function useLink() {
  const link = useContext(LinkContext);
  if (link === null) throw new Error('There is no <Live> around this.');
  return link;
}

/** Who is signed in. */
export function useViewer(): Viewer {
  return useLink().connection.viewer;
}

/** The way to the server itself. */
export function useConnection(): Connection {
  return useLink().connection;
}

export function useConnectionState(): ConnectionState {
  const { state } = useLink().connection;
  return useSyncExternalStore(state.subscribe, state.get);
}

/** Calls `listener` for each thing that happens; the last one given. */
export function useHappenings(listener: Listener): void {
  const { follow } = useLink();
  const last = useRef(listener);
  useEffect(() => {
    last.current = listener;
  });
  useEffect(() => follow.hear((event) => last.current(event)), [follow]);
}

/** Whether the server gave one of these as its reason. */
export function hasCode(error: CombinedError | undefined, ...codes: string[]): boolean {
  return error !== undefined && error.graphQLErrors.some(({ extensions }) => codes.includes(String(extensions?.code)));
}

/** What a query answered. `data` stays while it is read anew, and when that fails. */
export interface Read<Data> {
  data: Data | undefined;
  error: CombinedError | undefined;
  fetching: boolean;
  again: () => void;
}

/**
 * A query that is read anew after each event of these kinds, and after a gap.
 *
 * What an event carries is in the cache already: name only the kinds that change which things a list has.
 */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  kinds: readonly ActivityKind[] = [],
): Read<Data> {
  const [{ data, error, fetching, operation }, read] = useQuery<Data, Variables>({
    query,
    variables,
    requestPolicy: 'cache-and-network',
  } as Parameters<typeof useQuery<Data, Variables>>[0]);
  const again = useMemo(() => {
    let due: ReturnType<typeof setTimeout> | undefined;
    return () => {
      clearTimeout(due);
      // Several that happen at once are one reason.
      due = setTimeout(() => read({ requestPolicy: 'network-only' }), 40);
    };
  }, [read]);
  useHappenings((event) => {
    if (event === 'gap' || kinds.includes(event.kind)) again();
  });
  const state = useConnectionState();
  // Nobody was there: soon. Somebody who cannot just now: when they ask to be left alone no more.
  const wait = error?.networkError ? 1_000 : hasCode(error, 'UNAVAILABLE', 'TIMEOUT') ? 5_000 : null;
  useEffect(() => {
    if (state !== 'live' || wait === null || fetching) return undefined;
    const timer = setTimeout(again, wait);
    return () => clearTimeout(timer);
  }, [state, wait, fetching, again]);

  const kept = useRef<{ key: number | undefined; data: Data | undefined }>({ key: undefined, data: undefined });
  const key = operation?.key;
  if (data !== undefined) kept.current = { key, data };
  const shown = data ?? (kept.current.key === key ? kept.current.data : undefined);
  return { data: shown, error, fetching, again };
}
