import type { DemoPerson, Viewer } from '../identity';
import { Picker } from '../Picker';
import type { ConnectionState } from '../socket';

const CONNECTION: Record<ConnectionState, string> = {
  idle: 'No subscription is open',
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost, trying again',
  refused: 'The token has ended',
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
      <Picker label="Ask as" viewer={viewer} people={people} onChoose={onChoose} onToken={onToken} />
    </header>
  );
}
