/**
 * All that a page asks the server through: urql with a normalized cache over HTTP, subscriptions over one WebSocket.
 *
 * A subscription that takes `after` goes on where it was when the connection comes back: the cursor of its last event
 * goes along, so that what was missed comes first, and nothing twice.
 */

import { cacheExchange } from '@urql/exchange-graphcache';
import {
  Client,
  fetchExchange,
  makeOperation,
  mapExchange,
  subscriptionExchange,
  type ExecutionResult,
} from '@urql/core';
import type { Client as Socket } from 'graphql-ws';

import { POSSIBLE_TYPES } from './generated/possible-types';
import { fetchAs, type TokenSource, type Viewer } from './identity';
import { socketAs, type ConnectionState } from './socket';

/** What an answer may take: a connection that died in a sleep says nothing. In milliseconds. */
const PATIENCE = 8_000;

/** One viewer's way to the server. For another viewer it is made anew, and nothing of the one before is left. */
export interface Connection {
  viewer: Viewer;
  client: Client;
  socket: Socket;
  /** How the WebSocket is, for useSyncExternalStore. */
  state: Readable<ConnectionState>;
  dispose(): void;
}

export interface Readable<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

export function connect(source: TokenSource, viewer: Viewer): Connection {
  const state = new Value<ConnectionState>('connecting');
  const socket = socketAs(source, (now) => state.set(now));
  const asking = fetchAs(source);
  const reading: typeof fetch = (input, init) => {
    const given = AbortSignal.timeout(PATIENCE);
    return asking(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, given]) : given });
  };
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetch: asking,
    fetchOptions: { headers: { accept: 'application/graphql-response+json, application/json' } },
    exchanges: [
      cacheExchange({ keys: KEYS, possibleTypes: POSSIBLE_TYPES }),
      mapExchange({
        // Reading may be given up and done again; whether a change was made would not be known.
        onOperation: (operation) =>
          operation.kind === 'query'
            ? makeOperation('query', operation, { ...operation.context, fetch: reading })
            : operation,
      }),
      fetchExchange,
      subscriptionExchange({ forwardSubscription }),
    ],
  });

  function forwardSubscription(request: { query?: string; variables?: Record<string, unknown> }) {
    const payload = { query: request.query ?? '', variables: { ...request.variables } };
    const resumes = /\$after\b/.test(payload.query);
    return {
      subscribe: (sink: Sink) => ({
        unsubscribe: socket.subscribe(payload, {
          next(result) {
            const cursor = resumes && cursorOf(result.data);
            // What is sent when the socket comes back.
            if (cursor) payload.variables = { ...payload.variables, after: cursor, snapshot: false };
            sink.next(result as ExecutionResult);
          },
          error: (error) => sink.error(error),
          complete: () => sink.complete(),
        }),
      }),
    };
  }

  return { viewer, client, socket, state, dispose: () => void socket.dispose() };
}

/** Where a subscription has come to, after an event of it; null for one that does not say. */
export function cursorOf(data: unknown): string | null {
  const [event] = Object.values((data ?? {}) as Record<string, { cursor?: string | null } | null>);
  return event?.cursor ?? null;
}

/** Something that changes, and tells. */
export class Value<T> implements Readable<T> {
  private readonly listeners = new Set<() => void>();
  constructor(private value: T) {}
  get = (): T => this.value;
  set = (value: T): void => {
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  };
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
}

interface Sink {
  next(value: ExecutionResult): void;
  error(error: unknown): void;
  complete(): void;
}

/** Types that have no id: they are kept with what they belong to. */
const KEYS = Object.fromEntries(
  [
    ...['ActivityEvent', 'AnswerContent', 'AnswerPart', 'Citation', 'ConfidenceShares'],
    ...['ConfidenceCalibration', 'ConfidenceDistribution'],
    ...['EngagementShares', 'Gamification', 'Generation', 'GenerationDetails', 'GoalProgress', 'NextPractice'],
    ...['NudgeEngagement', 'OverrideAnalytics', 'OverrideContents', 'PracticeContent', 'PracticeProposal'],
    ...['PracticeSettings', 'Preferences', 'Profile', 'QuestionRating', 'Solution', 'SubjectProgress', 'SummaryClaim'],
    ...['SummaryContent', 'Transcript', 'TranscriptTurn', 'UserAnalytics', 'UserDetails', 'UserError'],
  ].map((name) => [name, () => null]),
);
