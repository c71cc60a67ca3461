import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';

import { follow, openSocket } from './socket.ts';

export function connect(url: string, token: () => Promise<string>) {
  const socket = openSocket(url.replace(/^http/, 'ws'), token);
  const client = new Client({
    url,
    // Asked for each request: a token that is renewed goes along at once.
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${await token()}`);
      // Without text/event-stream, which urql would have for subscriptions: those go over the WebSocket.
      headers.set('accept', 'application/graphql-response+json, application/json');
      return fetch(input, { ...init, headers });
    },
    preferGetMethod: false,
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: follow(
              socket,
              { query: query ?? '', variables: variables as Record<string, unknown> },
              { ...sink, next: (result) => sink.next(result as Parameters<typeof sink.next>[0]) },
            ),
          }),
        }),
      }),
    ],
  });
  return { client, socket };
}

export const STUDENTS = gql`
  query UrqlStudents {
    students(first: 20) {
      nodes {
        id
        displayName
      }
    }
  }
`;

export const ACTIVITY = gql`
  subscription UrqlActivity($after: String, $snapshot: Boolean = false) {
    activity(after: $after, snapshot: $snapshot) {
      kind
      cursor
      node {
        id
        ... on Nudge {
          message
        }
      }
    }
  }
`;
