/** The WebSocket for subscriptions: one a page, opened when it is needed, and again whenever it was lost. */

import { createClient, type Client } from 'graphql-ws';

import type { TokenSource } from './identity';

export type ConnectionState = 'idle' | 'connecting' | 'live' | 'lost';

/** A client whose token is asked for anew at each connection; `tell` hears how the connection is. */
export function socketAs(source: TokenSource, tell: (state: ConnectionState) => void): Client {
  const address = new URL('/graphql', window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return createClient({
    url: address.href,
    connectionParams: async () => {
      const token = await source.token();
      return token === null ? {} : { authorization: `Bearer ${token}` };
    },
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: async (attempts) => {
      const wait = Math.min(10_000, 250 * 2 ** attempts);
      // Spread, so that a server that comes back is not met by all at once.
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
    },
    on: {
      connecting: (isRetry) => tell(isRetry ? 'lost' : 'connecting'),
      connected: () => tell('live'),
      closed: (event) => {
        const { code } = event as CloseEvent;
        if (code === 4403) source.refused();
        tell(code === 1000 ? 'idle' : 'lost');
      },
    },
  });
}
