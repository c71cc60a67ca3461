import { Environment, Network, Observable, RecordSource, Store, graphql, type GraphQLResponse } from 'relay-runtime';

import { follow, openSocket } from './socket.ts';

export function connect(url: string, token: () => Promise<string>) {
  const socket = openSocket(url.replace(/^http/, 'ws'), token);
  const environment = new Environment({
    network: Network.create(
      async ({ text }, variables) => {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${await token()}` },
          body: JSON.stringify({ query: text, variables }),
        });
        return (await response.json()) as GraphQLResponse;
      },
      ({ text }, variables) =>
        Observable.create<GraphQLResponse>((sink) =>
          follow(socket, { query: text ?? '', variables }, {
            next: (result) => sink.next(result as GraphQLResponse),
            error: (error) => sink.error(error instanceof Error ? error : new Error(JSON.stringify(error))),
            complete: () => sink.complete(),
          }),
        ),
    ),
    store: new Store(new RecordSource()),
  });
  return { environment, socket };
}

export const STUDENTS = graphql`
  query relayStudentsQuery($count: Int!, $after: String) {
    students(first: $count, after: $after) @connection(key: "relay_students") {
      edges {
        node {
          id
          displayName
        }
      }
    }
  }
`;

export const ACTIVITY = graphql`
  subscription relayActivitySubscription($after: String, $snapshot: Boolean = false) {
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
