/** Who is asking. Tokens stay in the memory of this page: a reload forgets them. */

import { stringifyDocument } from '@urql/core';

import { graphql } from './generated';
import type { WhoQuery } from './generated/graphql';

/** A demo person, as the server offers them on the machine of whoever develops. */
export interface DemoPerson {
  email: string;
  displayName: string;
  role: string;
}

export type Viewer = NonNullable<WhoQuery['viewer']>;

/** Where tokens come from. */
export interface TokenSource {
  /** A token that is good for a while; null for nobody. Rejects with a sentence. */
  token(): Promise<string | null>;
  /** The server has refused the last one. */
  refused(): void;
  /** Whether there is no other token after it. */
  final: boolean;
}

const WHO = graphql(/* GraphQL */ `
  query Who {
    viewer {
      __typename
      id
      displayName
      email
    }
  }
`);

const MINUTE = 60_000;

/** The demo people; none where the server does not offer them, as it never does with Cognito. */
export async function demoPeople(): Promise<DemoPerson[]> {
  const response = await fetch('/demo/people');
  return response.ok ? ((await response.json()) as { people: DemoPerson[] }).people : [];
}

/** Nobody. */
export const nobody: TokenSource = { token: async () => null, refused: () => undefined, final: true };

/** A demo person: tokens are asked for as they are needed. */
export function demo(email: string): TokenSource {
  let kept: string | null = null;
  return {
    async token() {
      if (kept !== null && expiry(kept) - Date.now() > MINUTE) return kept;
      const response = await fetch('/demo/tokens', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email }),
      });
      if (!response.ok) throw new Error(`There is no token for ${email} here.`);
      kept = ((await response.json()) as { token: string }).token;
      return kept;
    },
    refused() {
      kept = null;
    },
    final: false,
  };
}

/** A token that somebody pasted. */
export function pasted(token: string): TokenSource {
  return { token: async () => token, refused: () => undefined, final: true };
}

/** `fetch` with the token; with another one where the first is refused. */
export function fetchAs(source: TokenSource): typeof fetch {
  async function once(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const token = await source.token();
    const headers = new Headers(init?.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  }
  return async (input, init) => {
    const response = await once(input, init);
    if (response.status !== 401) return response;
    source.refused();
    return source.final ? response : once(input, init);
  };
}

/** Whom the server takes the token for; null for nobody. Rejects with the server's sentence. */
export async function whoIs(source: TokenSource): Promise<Viewer | null> {
  const answer = await fetchAs(source)('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: stringifyDocument(WHO) }),
  })
    .then((response) => response.json() as Promise<{ data?: WhoQuery; errors?: { message: string }[] }>)
    .catch((error: unknown) => {
      // Nobody there, or a proxy that speaks for the server.
      const unreached = error instanceof TypeError || error instanceof SyntaxError;
      throw unreached ? new Error('The server cannot be reached just now. Load this page again in a moment.') : error;
    });
  if (answer.errors?.[0]) throw new Error(answer.errors[0].message);
  return answer.data?.viewer ?? null;
}

/** A part of an address, as it stands there where that is no address's writing. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** When a token ends, in milliseconds since 1970; 0 for one that does not say. */
export function expiry(token: string): number {
  try {
    const claims: unknown = JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')));
    return (claims as { exp: number }).exp * 1000;
  } catch {
    return 0;
  }
}
