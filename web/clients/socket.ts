/** One WebSocket for all subscriptions: it comes back by itself, goes on where it was, and renews its token. */

import { createClient, type Client, type ExecutionResult, type Sink } from 'graphql-ws';

const RENEW = /* GraphQL */ `
  mutation Renew($token: String!) {
    renewToken(input: { token: $token }) {
      expiresAt
      userErrors {
        message
      }
    }
  }
`;

/** `token` is asked at each connection, and again before the last one expires; a different one renews in band. */
export function openSocket(url: string, token: () => Promise<string>): Client {
  let sent = '';
  let renewal: ReturnType<typeof setTimeout> | undefined;

  /** The server goes by the newer token from then on, and no stream notices. */
  async function renew(): Promise<void> {
    const newer = await token();
    if (newer === sent) return; // the server says when it has ended: 4403, and the socket comes back with another
    sent = newer;
    for await (const { data } of client.iterate({ query: RENEW, variables: { token: newer } })) {
      if ((data as { renewToken: { expiresAt: string | null } }).renewToken.expiresAt) renewLater();
    }
  }

  /** After four fifths of the time that the token has left. */
  function renewLater(): void {
    clearTimeout(renewal);
    const left = expiry(sent) - Date.now();
    renewal = setTimeout(() => void renew().catch(() => undefined), Math.min(left * 0.8, 2 ** 31 - 1));
  }

  const client = createClient({
    url,
    connectionParams: async () => {
      sent = await token();
      return { authorization: `Bearer ${sent}` };
    },
    keepAlive: 12_000,
    // Whatever it was, be it a server that is not there; the codes that mean "never" (44xx) are known to graphql-ws.
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
    on: { connected: renewLater, closed: () => clearTimeout(renewal) },
  });
  return client;
}

/**
 * A subscription that misses nothing: its document selects `cursor` and declares `$after` and `$snapshot`.
 *
 * After `RESYNC_REQUIRED` it begins again with what there is now, in events of kind CURRENT.
 */
export function follow(
  socket: Client,
  operation: { query: string; variables?: Record<string, unknown> },
  sink: Sink<ExecutionResult>,
): () => void {
  const payload = { query: operation.query, variables: { ...operation.variables } };
  let stop: () => void = () => undefined;
  function begin(): void {
    stop = socket.subscribe(payload, {
      next(result) {
        const [event] = Object.values((result.data ?? {}) as Record<string, { cursor?: string | null }>);
        // These variables are sent when the socket comes back: what was missed comes first, and nothing twice.
        if (event?.cursor) payload.variables = { ...payload.variables, after: event.cursor, snapshot: false };
        sink.next(result as ExecutionResult);
      },
      error(error) {
        if (!JSON.stringify(error).includes('RESYNC_REQUIRED')) return sink.error(error);
        payload.variables = { ...payload.variables, after: null, snapshot: true };
        begin();
      },
      complete: () => sink.complete(),
    });
  }
  begin();
  return () => stop();
}

/** When a token ends, in milliseconds since 1970. */
function expiry(token: string): number {
  const claims = token.split('.')[1] ?? '';
  return (JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/'))) as { exp: number }).exp * 1000;
}
