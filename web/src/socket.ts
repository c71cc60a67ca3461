/**
 * The WebSocket: one a page, opened when it is needed, and again whenever it was lost.
 *
 * Tokens are renewed on it before they end. After a sleep or a change of network it is asked whether it still lives,
 * since a dead one says nothing.
 */

import { stringifyDocument } from '@urql/core';
import { createClient, type Client } from 'graphql-ws';

import { graphql } from './generated';
import { expiry, type TokenSource } from './identity';

/** `refused`: the token is not taken any more, and there is no other. */
export type ConnectionState = 'idle' | 'connecting' | 'live' | 'lost' | 'refused';

const RENEW = stringifyDocument(
  graphql(/* GraphQL */ `
    mutation Renew($token: String!) {
      renewToken(input: { token: $token }) {
        expiresAt
      }
    }
  `),
);
const REFUSED = 4403;
const SILENT = 4408;
const PING_EVERY = 12_000;
const PONG_WITHIN = 4_000;
/** Just after a source counts its token as used up. */
const RENEW_AHEAD = 55_000;
/** What setTimeout can wait for. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** A client whose token is asked for anew at each connection; `tell` hears how the connection is. */
export function socketAs(source: TokenSource, tell: (state: ConnectionState) => void): Client {
  const address = new URL('/graphql', window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  let socket: WebSocket | null = null;
  let renewal: ReturnType<typeof setTimeout> | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let hurry: () => void = () => undefined;

  async function renewLater(): Promise<void> {
    clearTimeout(renewal);
    const token = await source.token().catch(() => null);
    if (token === null || expiry(token) === 0) return;
    const wait = Math.max(1_000, expiry(token) - Date.now() - RENEW_AHEAD);
    if (wait < LONGEST_WAIT) renewal = setTimeout(() => void renew(token), wait);
  }

  async function renew(old: string): Promise<void> {
    const token = await source.token().catch(() => null);
    if (token === null || token === old) return; // the server will say when it has ended
    client.subscribe(
      { query: RENEW, variables: { token } },
      { next: () => void renewLater(), error: () => undefined, complete: () => undefined },
    );
  }

  function expectPong(): void {
    clearTimeout(deadline);
    deadline = setTimeout(() => client.terminate(), PONG_WITHIN);
  }

  function wake(): void {
    if (document.visibilityState === 'hidden') return;
    hurry();
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send('{"type":"ping"}');
    expectPong();
  }

  const client = createClient({
    url: address.href,
    keepAlive: PING_EVERY,
    connectionParams: async () => {
      try {
        const token = await source.token();
        return token === null ? {} : { authorization: `Bearer ${token}` };
      } catch {
        socket?.close(SILENT, 'No token just now'); // and come back
        return {};
      }
    },
    retryAttempts: Number.POSITIVE_INFINITY,
    // Whatever it was, be it a server that is not there: by itself it would not come back from that.
    shouldRetry: (event) => !(source.final && (event as CloseEvent).code === REFUSED),
    retryWait: async (attempts) => {
      const wait = Math.min(10_000, 250 * 2 ** attempts);
      // Spread, so that a server that comes back is not met by all at once.
      await new Promise<void>((resolve) => {
        hurry = resolve;
        setTimeout(resolve, wait * (0.5 + Math.random() / 2));
      });
    },
    on: {
      connecting: (isRetry) => tell(isRetry ? 'lost' : 'connecting'),
      opened: (opened) => {
        socket = opened as WebSocket;
      },
      connected: () => {
        tell('live');
        void renewLater();
      },
      ping: (received) => {
        if (!received) expectPong();
      },
      message: () => clearTimeout(deadline),
      closed: (event) => {
        const { code } = event as CloseEvent;
        socket = null;
        clearTimeout(renewal);
        clearTimeout(deadline);
        if (code === REFUSED) source.refused();
        tell(code === 1000 ? 'idle' : code === REFUSED && source.final ? 'refused' : 'lost');
      },
    },
  });

  window.addEventListener('online', wake);
  window.addEventListener('pageshow', wake);
  document.addEventListener('visibilitychange', wake);
  return {
    ...client,
    dispose: () => {
      window.removeEventListener('online', wake);
      window.removeEventListener('pageshow', wake);
      document.removeEventListener('visibilitychange', wake);
      clearTimeout(renewal);
      clearTimeout(deadline);
      return client.dispose();
    },
  };
}
