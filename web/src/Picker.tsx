/** Who is asking, for every page: one of the demo people where the server offers them, else whose token it is. */

import { useState, type FormEvent } from 'react';

import type { DemoPerson, Viewer } from './identity';

interface Props {
  label: string;
  viewer: Viewer | null;
  people: DemoPerson[];
  onChoose: (email: string | null) => void;
  onToken: (token: string) => void;
}

export function Picker({ label, viewer, people, onChoose, onToken }: Props) {
  if (people.length === 0) {
    return <TokenForm signedIn={viewer !== null} onToken={onToken} onLeave={() => onChoose(null)} />;
  }
  return (
    <label className="picker">
      {label}{' '}
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
