/** What happens while one looks at something else, said in a line. */

import { useEffect, useState } from 'react';

import { Link } from '../app/router';
import { useHappenings, useViewer, type Happening } from '../live';
import type { Viewer } from '../identity';
import { Button } from './parts';

export interface Said {
  text: string;
  /** Where more of it is. */
  to: string | null;
}

/** An event in a sentence for whoever looks; null for what they did themselves, and what says nothing to them. */
export function said({ kind, node, student }: Happening, viewer: Viewer): Said | null {
  const role = viewer.__typename;
  const own = student?.id === viewer.id;
  const whose = own ? 'your' : student ? `${student.displayName}’s` : 'a';
  const who = student?.displayName ?? 'A student';
  const place = (() => {
    if (role === 'Tutor' && student) return `/tutor/students/${student.id}`;
    return role === 'Student' || role === 'Parent' ? `/${role.toLowerCase()}` : null;
  })();
  const at = (text: string, to = place): Said => ({ text, to });
  switch (node?.__typename) {
    case 'Override': {
      const by = kind === 'OVERRIDE_REVERTED' ? node.revertedBy : node.tutor;
      if (by?.id === viewer.id) return null;
      const what = { SUMMARY: 'summary', PRACTICE: 'practice', QA_ANSWER: 'answer' }[node.targetKind];
      const verb = kind === 'OVERRIDE_REVERTED' ? 'took back a correction of' : 'corrected';
      const to = own
        ? { SUMMARY: place, PRACTICE: '/student/practice', QA_ANSWER: '/student/ask' }[node.targetKind]
        : place;
      return at(`${by?.displayName ?? 'A tutor'} ${verb} ${whose} ${what}.`, to);
    }
    case 'PracticeAssignment':
      if (kind === 'PRACTICE_COMPLETED' && !own) {
        const score = node.performanceScore == null ? '' : `: ${Math.round(Number(node.performanceScore) * 100)} %`;
        return at(`${who} completed practice${score}.`);
      }
      return kind === 'PRACTICE_REVIEWED' && own && !node.held
        ? at('A tutor looked at practice for you.', '/student/practice')
        : null;
    case 'Question':
      if (kind === 'QUESTION_ESCALATED' && role === 'Tutor')
        return at(`${who} asks a tutor: ${node.query}`, '/tutor/review');
      if (kind !== 'QUESTION_ANSWERED' || node.answeredBy?.id === viewer.id) return null;
      return at(
        `${node.answeredBy?.displayName ?? 'A tutor'} answered ${whose} question.`,
        own ? '/student/ask' : place,
      );
    case 'Nudge':
      if (kind === 'NUDGE_OPENED') return role === 'Tutor' ? at(`${who} opened a nudge.`) : null;
      return own ? at(node.message) : role === 'Tutor' ? at(`${who} was nudged: ${node.message}`) : null;
    case 'Summary':
      return at(`The summary of ${whose} session is ready.`);
    case 'Goal':
      return node.status === 'COMPLETED' ? at(`${own ? 'You' : who} reached a goal: ${node.title}.`) : null;
    default:
      return null;
  }
}

const STAYS = 9_000;

export function Toasts() {
  const viewer = useViewer();
  const [shown, setShown] = useState<({ key: string } & Said)[]>([]);
  useHappenings((event) => {
    if (event === 'gap') return;
    const sentence = said(event, viewer);
    if (sentence === null) return;
    setShown((before) => [...before.slice(-2), { key: event.cursor ?? String(Math.random()), ...sentence }]);
  });
  const [looked, setLooked] = useState(false);
  useEffect(() => {
    if (shown.length === 0 || looked) return undefined;
    const timer = setTimeout(() => setShown((before) => before.slice(1)), STAYS);
    return () => clearTimeout(timer);
  }, [shown, looked]);
  const away = (key: string) => setShown((before) => before.filter((each) => each.key !== key));
  return (
    <div
      className="toasts"
      role="log"
      aria-live="polite"
      aria-label="What is happening"
      // What somebody reads, or is about to press, does not go away under their hands.
      onPointerEnter={() => setLooked(true)}
      onPointerLeave={() => setLooked(false)}
      onFocus={() => setLooked(true)}
      onBlur={() => setLooked(false)}
    >
      {shown.map(({ key, text, to }) => (
        <div className="toast" key={key}>
          {to === null ? (
            <p>{text}</p>
          ) : (
            <p>
              <Link to={to} onClickCapture={() => away(key)}>
                {text}
              </Link>
            </p>
          )}
          <Button kind="quiet" aria-label="Put it away" onClick={() => away(key)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  );
}
