import type { ReactNode } from 'react';

import type { DemoPerson } from '../identity';
import { Face } from '../ui/parts';
import { Mark } from './App';
import { Title } from './router';

const FIRST: [role: string, type: string, what: string][] = [
  ['tutor', 'Tutor', 'How the students do, what the companion wrote of them, and what waits for a second look.'],
  ['student', 'Student', 'The next step, practice that fits, and a companion that leads with a hint.'],
  ['parent', 'Parent', 'How far the children have come, in a few plain words.'],
  ['admin', 'Admin', 'What tutors correct, and how sure the companion may be of itself.'],
];

/** Before anybody is signed in: where to begin. */
export function Welcome({
  people,
  picker,
  onChoose,
  children,
}: {
  people: DemoPerson[];
  picker: ReactNode;
  onChoose: (email: string) => void;
  children: ReactNode;
}) {
  return (
    <main className="welcome">
      <div className="welcome-in stack">
        <p className="brand" data-role="Tutor">
          <Mark /> Study Companion
        </p>
        <Title name="Welcome">What was learned, what comes next, and a tutor who keeps it right.</Title>
        {children}
        {people.length > 0 ? (
          <>
            <p className="soft">On this machine you can look at it as any of the demo people.</p>
            <ul className="roles">
              {FIRST.map(([role, type, what]) => {
                const person = people.find((each) => each.role === role);
                return (
                  person && (
                    <li key={role}>
                      <button
                        type="button"
                        className="sheet role"
                        data-role={type}
                        onClick={() => onChoose(person.email)}
                      >
                        <Face name={person.displayName} />
                        <span className="stack">
                          <strong>{type === 'Admin' ? 'Administrator' : type}</strong>
                          <span className="small soft">{person.displayName}</span>
                          <span>{what}</span>
                        </span>
                      </button>
                    </li>
                  )
                );
              })}
            </ul>
          </>
        ) : (
          <p className="soft">Sign in with an access token. It is kept until this page is left, and nowhere else.</p>
        )}
        <div className="row">{picker}</div>
        <p className="small">
          <a href="/graphql">GraphiQL</a>, for questions of your own to the same server.
        </p>
      </div>
    </main>
  );
}
