import { useState, type FormEvent } from 'react';

import { useAct, useOnce } from '../act';
import { Missing } from '../app/Missing';
import { Link, Title } from '../app/router';
import { graphql } from '../generated';
import { hasCode, useLiveQuery } from '../live';
import { Refusals } from '../ui/Correction';
import { Button, Empty, Pending, Problem, sentence, Sheet, When } from '../ui/parts';
import { Listed, PRACTICE, QUESTIONS, SESSIONS } from '../ui/More';
import { GoalLine, SessionLine } from '../ui/Shown';
import { PracticeLine, QuestionLine } from './Things';

const STUDENT = graphql(/* GraphQL */ `
  query StudentPage($id: ID!) {
    node(id: $id) {
      ... on Student {
        id
        displayName
        details {
          gamification {
            ...GameShown
          }
          profile {
            goals
          }
        }
        goals(first: 20) {
          nodes {
            ...GoalShown
          }
        }
        ratings {
          ...RatingShown
        }
        sessions(first: 12) {
          nodes {
            ...SessionShown
          }
          pageInfo {
            ...Paged
          }
        }
        open: practice(first: 10, where: { completed: false }) {
          nodes {
            ...PracticeShown
          }
          pageInfo {
            ...Paged
          }
        }
        done: practice(first: 8, where: { completed: true }) {
          nodes {
            ...PracticeShown
          }
          pageInfo {
            ...Paged
          }
        }
        questions(first: 8) {
          nodes {
            ...QuestionShown
          }
          pageInfo {
            ...Paged
          }
        }
        nudges(first: 6) {
          nodes {
            ...NudgeShown
          }
        }
      }
    }
  }
`);

const NUDGE = graphql(/* GraphQL */ `
  mutation SendNudge($input: SendNudgeInput!) {
    sendNudge(input: $input) {
      userErrors {
        ...Refused
      }
      nudge {
        ...NudgeShown
      }
    }
  }
`);

const CONFIRM = graphql(/* GraphQL */ `
  mutation Confirm($id: ID!) {
    confirmGoal(input: { id: $id }) {
      userErrors {
        ...Refused
      }
      goal {
        ...GoalShown
      }
    }
  }
`);

const CHANGES = [
  'SUMMARY_READY',
  'PRACTICE_ASSIGNED',
  'PRACTICE_COMPLETED',
  'PRACTICE_REVIEWED',
  'QUESTION_ESCALATED',
  'QUESTION_ANSWERED',
  'GOAL_PROGRESS',
  'NUDGE_SENT',
  'ASSIGNMENT_ENDED',
] as const;

/** One student, with all that hangs on them. */
export function StudentPage({ id }: { id: string }) {
  const { data, error, again } = useLiveQuery(STUDENT, { id }, CHANGES);
  const student = data?.node && 'displayName' in data.node ? data.node : null;
  if (data?.node === null || hasCode(error, 'BAD_ID')) return <Missing />;
  if (student === null) {
    return (
      <div className="page">
        <Pending error={error} what="the student" />
      </div>
    );
  }
  const [first = ''] = student.displayName.split(' ');
  const game = student.details?.gamification;
  const of = { variables: (after: string) => ({ id, after }), kinds: CHANGES, className: 'things' };
  return (
    <div className="page">
      <header className="stack" style={{ '--gap': '0.25rem' } as React.CSSProperties}>
        <p className="small">
          <Link to="/tutor">Students</Link>
        </p>
        <Title name={student.displayName}>{student.displayName}</Title>
        <p className="soft">
          {[game && `level ${game.level}`, game && `${game.xp} points`, ...(student.details?.profile.goals ?? [])]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </header>
      {error && <Problem>{sentence(error)}</Problem>}
      <div className="student-layout" data-role="Student">
        <div className="stack">
          <Sheet title="Sessions">
            {student.sessions.nodes.length === 0 && <Empty>No session yet.</Empty>}
            <Listed list={SESSIONS} {...of} first={student.sessions}>
              {(session) => <SessionLine session={session} to={`/tutor/sessions/${session.id}`} />}
            </Listed>
          </Sheet>
          <Sheet title="Questions">
            {student.questions.nodes.length === 0 && <Empty>{first} has asked nothing yet.</Empty>}
            <Listed list={QUESTIONS} {...of} first={student.questions}>
              {(question) => <QuestionLine question={question} />}
            </Listed>
          </Sheet>
        </div>
        <div className="stack">
          <Sheet title="Goals">
            <div className="stack">
              {student.goals.nodes.map((goal) => (
                <GoalLine key={goal.id} goal={goal}>
                  {goal.status === 'COMPLETED' && goal.confirmedAt === null && <Confirm id={goal.id} name={first} />}
                </GoalLine>
              ))}
              {student.goals.nodes.length === 0 && <Empty>No goal is set.</Empty>}
            </div>
          </Sheet>
          <Sheet title="Ratings">
            <table className="ratings">
              <thead className="hidden">
                <tr>
                  <th scope="col">Subject</th>
                  <th scope="col">Rating</th>
                  <th scope="col">Answers</th>
                </tr>
              </thead>
              <tbody>
                {student.ratings.map(({ id: key, subject, rating, deviation, answers }) => (
                  <tr key={key}>
                    <th scope="row">{subject.name}</th>
                    <td className="number">
                      <strong>{rating}</strong> <span className="soft">± {Math.round(Number(deviation))}</span>
                    </td>
                    <td className="number soft small">
                      {answers} {answers === 1 ? 'answer' : 'answers'}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {student.ratings.length === 0 && <p className="soft">None before the first answer.</p>}
          </Sheet>
          <Sheet title="Practice">
            <h3>To do</h3>
            <Listed
              list={PRACTICE}
              {...of}
              variables={(after) => ({ id, completed: false, after })}
              first={student.open}
            >
              {(practice) => <PracticeLine practice={practice} />}
            </Listed>
            {student.open.nodes.length === 0 && <p className="soft">Nothing is open.</p>}
            {student.done.nodes.length > 0 && (
              <details>
                <summary>What {first} did last</summary>
                <Listed
                  list={PRACTICE}
                  {...of}
                  variables={(after) => ({ id, completed: true, after })}
                  first={student.done}
                >
                  {(practice) => <PracticeLine practice={practice} />}
                </Listed>
              </details>
            )}
          </Sheet>
          <Sheet title="Nudges">
            <div className="stack">
              <NudgeForm student={student.id} name={first} onSent={again} />
              <ol className="things">
                {student.nudges.nodes.map((nudge) => (
                  <li key={nudge.id}>
                    <p>{nudge.message}</p>
                    <p className="soft small">
                      <When at={nudge.sentAt} /> ·{' '}
                      {nudge.clickedAt ? 'followed' : nudge.openedAt ? 'opened' : 'not opened yet'}
                    </p>
                  </li>
                ))}
              </ol>
            </div>
          </Sheet>
        </div>
      </div>
    </div>
  );
}

/** A tutor's yes to a goal that a student says is reached. */
function Confirm({ id, name }: { id: string; name: string }) {
  const { act, busy, refusals } = useAct(CONFIRM);
  return (
    <div className="row">
      <span className="small">{name} says so.</span>
      <Button busy={busy} onClick={() => void act({ id })}>
        Yes, it is reached
      </Button>
      <Refusals refusals={refusals} />
    </div>
  );
}

function NudgeForm({ student, name, onSent }: { student: string; name: string; onSent: () => void }) {
  const [message, setMessage] = useState('');
  const { act, busy, refusals } = useAct(NUDGE);
  const idempotencyKey = useOnce(message);
  async function send(event: FormEvent) {
    event.preventDefault();
    const sent = await act({
      input: {
        studentId: student,
        type: 'LOGIN',
        channel: 'IN_APP',
        message,
        triggerReason: 'A tutor wrote it.',
        idempotencyKey,
      },
    });
    if (!sent) return;
    setMessage('');
    onSent();
  }
  return (
    <form className="field" onSubmit={(event) => void send(event)}>
      <label htmlFor="nudge">A line for {name}</label>
      <div className="row nowrap">
        <input
          id="nudge"
          required
          maxLength={1000}
          value={message}
          onChange={(event) => setMessage(event.target.value)}
        />
        <Button type="submit" busy={busy}>
          Send
        </Button>
      </div>
      <Refusals refusals={refusals} />
    </form>
  );
}
