import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { OperationTypeNode, print } from 'graphql';
import type { ExecutionResult } from 'graphql-ws';
import { Observable } from 'rxjs';

import { follow, openSocket } from './socket.ts';

export function connect(url: string, token: () => Promise<string>) {
  const socket = openSocket(url.replace(/^http/, 'ws'), token);
  const withToken = new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${await token()}` },
  }));
  const live = new ApolloLink(
    ({ query, variables }) =>
      new Observable<ExecutionResult>((sink) =>
        follow(socket, { query: print(query), variables }, {
          next: (result) => sink.next(result),
          error: (error) => sink.error(error),
          complete: () => sink.complete(),
        }),
      ) as ReturnType<ApolloLink['request']>,
  );
  const client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      live,
      withToken.concat(new HttpLink({ uri: url })),
    ),
    // Every `id` is unique over all types and for good; the cache finds what an event carries wherever it is shown.
    cache: new InMemoryCache(),
  });
  return { client, socket };
}

export const STUDENTS = gql`
  query ApolloStudents {
    students(first: 20) {
      nodes {
        id
        displayName
      }
    }
  }
`;

export const ACTIVITY = gql`
  subscription ApolloActivity($after: String, $snapshot: Boolean = false) {
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
