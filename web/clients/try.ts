/**
 * Runs what docs/clients.md shows against a server, with each client: `node --import ./compiled.js try.ts < plan.json`.
 *
 * Reads, follows, loses the connection while something happens, renews its token, and begins anew where it must.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import type { Client as Socket, ExecutionResult } from 'graphql-ws';
import relayRuntime from 'relay-runtime';

import * as apollo from './apollo.ts';
import * as relay from './relay.ts';
import * as urql from './urql.ts';

interface Plan {
  url: string;
  students: Record<string, { id: string; name: string; tokens: [soonOver: string, good: string] }>;
  tutor: string;
}

interface Event {
  kind: string;
  node?: { message?: string } | null;
}

interface Tried {
  socket: Socket;
  students(): Promise<string[]>;
  follow(variables: { after?: string }, hear: (event: Event) => void): void;
}

const CLIENTS: Record<string, (url: string, token: () => Promise<string>) => Tried> = {
  apollo(url, token) {
    const { client, socket } = apollo.connect(url, token);
    return {
      socket,
      async students() {
        const { data } = await client.query<{ students: { nodes: { displayName: string }[] } }>({
          query: apollo.STUDENTS,
        });
        return data?.students.nodes.map(({ displayName }) => displayName) ?? [];
      },
      follow(variables, hear) {
        client.subscribe<{ activity: Event }>({ query: apollo.ACTIVITY, variables }).subscribe(({ data, error }) => {
          assert.equal(error, undefined);
          if (data) hear(data.activity);
        });
      },
    };
  },
  urql(url, token) {
    const { client, socket } = urql.connect(url, token);
    return {
      socket,
      async students() {
        const { data, error } = await client.query(urql.STUDENTS, {}).toPromise();
        assert.equal(error, undefined);
        return data.students.nodes.map(({ displayName }: { displayName: string }) => displayName);
      },
      follow(variables, hear) {
        client.subscription(urql.ACTIVITY, variables).subscribe(({ data, error }) => {
          assert.equal(error, undefined);
          hear(data.activity);
        });
      },
    };
  },
  relay(url, token) {
    const { environment, socket } = relay.connect(url, token);
    return {
      socket,
      async students() {
        const data = (await relayRuntime.fetchQuery(environment, relay.STUDENTS, { count: 20 }).toPromise()) as {
          students: { edges: { node: { displayName: string } }[] };
        };
        return data.students.edges.map(({ node }) => node.displayName);
      },
      follow(variables, hear) {
        relayRuntime.requestSubscription(environment, {
          subscription: relay.ACTIVITY,
          variables,
          onNext: (data) => hear((data as { activity: Event }).activity),
          onError: (error) => {
            throw error;
          },
        });
      },
    };
  },
};

/** What happened, in order; waits for what has yet to happen. */
class Heard {
  readonly all: string[] = [];
  private waiting: (() => void)[] = [];
  add(what: string): void {
    this.all.push(what);
    for (const wake of this.waiting.splice(0)) wake();
  }
  async has(what: string): Promise<void> {
    while (!this.all.includes(what)) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

async function tried(name: string, plan: Plan): Promise<void> {
  const { id, name: called, tokens } = plan.students[name]!;
  const ends = JSON.parse(atob(tokens[0].split('.')[1]!)).exp * 1000;
  const began = Date.now();
  const { socket, students, follow } = CLIENTS[name]!(plan.url, async () =>
    Date.now() > began + (ends - began) / 2 ? tokens[1] : tokens[0],
  );
  const heard = new Heard();
  setTimeout(() => {
    console.log(name, 'waits; so far:', heard.all.join(', '));
    process.exit(1);
  }, 60_000);
  socket.on('connected', () => heard.add('connected'));
  socket.on('message', (message) => {
    const { data } = ('payload' in message ? (message.payload ?? {}) : {}) as ExecutionResult<{
      renewToken?: { expiresAt: string | null };
    }>;
    if (data?.renewToken?.expiresAt) heard.add('renewed');
  });

  assert.deepEqual(await students(), [called]);
  follow({}, ({ kind, node }) => heard.add(node?.message ?? kind));
  await heard.has('HEARTBEAT');
  await nudge('one');
  await heard.has('one');
  await heard.has('renewed');
  socket.terminate();
  await nudge('two');
  await heard.has('two');
  const told = heard.all.filter((what) => what !== 'HEARTBEAT');
  assert.deepEqual(told, ['connected', 'one', 'renewed', 'connected', 'two']);

  // A cursor of another history: what there is now comes instead.
  const elsewhere = Buffer.from('1.1.5').toString('base64url');
  follow({ after: elsewhere }, ({ kind }) => heard.add(`again ${kind}`));
  await heard.has('again CURRENT');
  await socket.dispose();
  console.log(name);

  async function nudge(message: string): Promise<void> {
    const response = await fetch(plan.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${plan.tutor}` },
      body: JSON.stringify({
        query: 'mutation ($input: SendNudgeInput!) { sendNudge(input: $input) { nudge { id } userErrors { code } } }',
        variables: { input: { studentId: id, type: 'LOGIN', channel: 'IN_APP', message } },
      }),
    });
    const answer = (await response.json()) as { data?: { sendNudge: { nudge: { id: string } | null } } };
    assert.ok(answer.data?.sendNudge.nudge, JSON.stringify(answer));
  }
}

const plan = JSON.parse(readFileSync(0, 'utf8')) as Plan;
await Promise.all(Object.keys(CLIENTS).map((name) => tried(name, plan)));
process.exit(0); // stores and sockets have timers of their own
