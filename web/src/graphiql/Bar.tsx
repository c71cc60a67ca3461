import { useState, type FormEvent } from 'react';

import type { DemoPerson, Viewer } from '../identity';
import type { ConnectionState } from '../socket';

const CONNECTION: Record<ConnectionState, string> = {
  idle: 'No subscription is open',
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost, trying again',
};

interface Props {
  viewer: Viewer | null;
  people: DemoPerson[];
  /** Why nobody is signed in, when somebody should be. */
  problem: string | null;
  connection: ConnectionState;
  onChoose: (email: string | null) => void;
  onToken: (token: string) => void;
}

/** Who is asking, and how to ask as somebody else. */
export function Bar({ viewer, people, problem, connection, onChoose, onToken }: Props) {
  return (
    <header className="bar">
      <h1>
        Study Companion <span>GraphiQL</span>
      </h1>
      <p className="who" data-role={viewer?.__typename ?? 'Nobody'} role="status">
        {viewer ? (
          <>
            <span className="who-says">Asking as</span> <strong>{viewer.displayName || viewer.email}</strong>{' '}
            <span className="badge">{viewer.__typename}</span>
          </>
        ) : (
          <strong>Nobody is signed in</strong>
        )}
      </p>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <p className="connection" data-state={connection}>
        {CONNECTION[connection]}
      </p>
      {people.length > 0 ? (
        <label className="picker">
          Ask as{' '}
          <select
            value={people.some(({ email }) => email === viewer?.email) ? viewer?.email : ''}
            onChange={(event) => onChoose(event.target.value || null)}
          >
            <option value="">nobody</option>
            {people.map(({ email, displayName, role }) => (
              <option key={email} value={email}>
                {displayName} ({role})
              </option>
            ))}
          </select>
        </label>
      ) : (
        <TokenForm signedIn={viewer !== null} onToken={onToken} onLeave={() => onChoose(null)} />
      )}
    </header>
  );
}

function TokenForm({
  signedIn,
  onToken,
  onLeave,
}: {
  signedIn: boolean;
  onToken: (token: string) => void;
  onLeave: () => void;
}) {
  const [token, setToken] = useState('');

  function submit(event: FormEvent) {
    event.preventDefault();
    const bare = token.trim().replace(/^bearer\s+/i, '');
    setToken('');
    if (bare) onToken(bare);
  }

  return (
    <form className="picker" onSubmit={submit}>
      <label>
        Access token{' '}
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          placeholder="kept until this page is left"
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <button type="submit">Use</button>
      {signedIn && (
        <button type="button" onClick={onLeave}>
          Forget
        </button>
      )}
    </form>
  );
}
