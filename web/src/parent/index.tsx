import './parent.css';

import { useState } from 'react';

import { Missing } from '../app/Missing';
import { Title } from '../app/router';
import { graphql } from '../generated';
import type { ChildrenQuery } from '../generated/graphql';
import { useLiveQuery } from '../live';
import { Corrected } from '../ui/Correction';
import { day, Empty, Face, Pending, Problem, sentence, Sheet, When } from '../ui/parts';
import { Listed, SESSIONS } from '../ui/More';
import { GoalLine, NextSteps } from '../ui/Shown';
import { Strip } from '../ui/Strip';

const CHILDREN = graphql(/* GraphQL */ `
  query Children {
    viewer {
      id
      ... on Parent {
        children(first: 20) {
          nodes {
            id
            displayName
            details {
              gamification {
                ...GameShown
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
            sessions(first: 8) {
              totalCount
              nodes {
                ...SessionShown
                tutor {
                  id
                  displayName
                }
              }
              pageInfo {
                ...Paged
              }
            }
            done: practice(first: 1, where: { completed: true }) {
              totalCount
              nodes {
                id
                completedAt
              }
            }
            open: practice(first: 1, where: { completed: false }) {
              totalCount
            }
          }
        }
      }
    }
  }
`);

type Child = Extract<NonNullable<ChildrenQuery['viewer']>, { children: unknown }>['children']['nodes'][number];

type Session = Child['sessions']['nodes'][number];

const CHANGES = [
  'SUMMARY_READY',
  'PRACTICE_ASSIGNED',
  'PRACTICE_COMPLETED',
  'PRACTICE_REVIEWED',
  'GOAL_PROGRESS',
  'LINK_BEGUN',
  'LINK_ENDED',
] as const;

/** How the children do: to read, and nothing else. */
export default function Parent({ rest }: { rest: string[] }) {
  const { data, error } = useLiveQuery(CHILDREN, {}, CHANGES);
  const [chosen, setChosen] = useState<string | null>(null);
  const children = data?.viewer && 'children' in data.viewer ? data.viewer.children.nodes : null;
  const child = children?.find(({ id }) => id === chosen) ?? children?.[0];
  if (rest.length > 0) return <Missing />;
  return (
    <div className="page">
      <header className="row apart">
        <Title name="Progress">{child ? child.displayName : 'Progress'}</Title>
        {children && children.length > 1 && (
          <div className="row" role="group" aria-label="Child">
            {children.map(({ id, displayName }) => (
              <button
                key={id}
                type="button"
                className="button child"
                data-role="Student"
                aria-pressed={id === child?.id}
                onClick={() => setChosen(id)}
              >
                <Face name={displayName} /> {displayName.split(' ')[0]}
              </button>
            ))}
          </div>
        )}
      </header>
      {error && data && <Problem>{sentence(error)}</Problem>}
      {children === null && <Pending error={error} what="how your children do" />}
      {children?.length === 0 && <Empty>No child is linked to you yet. The school can do that.</Empty>}
      {child && <ChildView key={child.id} child={child} />}
    </div>
  );
}

function ChildView({ child }: { child: Child }) {
  const [first = ''] = child.displayName.split(' ');
  const last = child.done.nodes[0]?.completedAt;
  const goals = child.goals.nodes.filter(({ status }) => status !== 'CANCELLED');
  return (
    <>
      {child.details && <Strip game={child.details.gamification} />}
      <p className="prose lead">{lead(child, first)}</p>
      <div className="today-layout child-layout" data-role="Student">
        <div className="stack">
          <h2>Sessions</h2>
          {child.sessions.nodes.length === 0 && <Empty>No session yet.</Empty>}
          <Listed
            list={SESSIONS}
            first={child.sessions}
            variables={(after) => ({ id: child.id, after })}
            kinds={CHANGES}
            className="stack"
          >
            {(session) => <SessionSheet session={session} />}
          </Listed>
        </div>
        <div className="stack">
          <Sheet title="Goals">
            <div className="stack">
              {goals.map((goal) => (
                <GoalLine key={goal.id} goal={goal} />
              ))}
              {goals.length === 0 && <Empty>No goal is set.</Empty>}
            </div>
          </Sheet>
          <Sheet title="Practice">
            <p>
              <strong className="number">{child.done.totalCount}</strong> done
              {last && (
                <span className="soft">
                  {' '}
                  (the last one <When at={last} />)
                </span>
              )}
              , <strong className="number">{child.open.totalCount}</strong> open
            </p>
            <ul className="things">
              {child.ratings.map(({ id, subject, rating, answers }) => (
                <li key={id} className="row apart">
                  <span>{subject.name}</span>
                  <span>
                    <strong className="number">{rating}</strong>{' '}
                    <span className="soft small">
                      after {answers} {answers === 1 ? 'answer' : 'answers'}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
            <p className="soft small">
              A rating says how hard a question is answered right half the time: 600 is the easiest, 1500 the hardest.
            </p>
          </Sheet>
        </div>
      </div>
    </>
  );
}

function SessionSheet({ session }: { session: Session }) {
  return (
    <Sheet
      ruled
      title={session.topicsCovered.join(', ') || 'Session'}
      aside={
        <span className="soft small">
          {[session.subject?.name, day(session.startedAt), session.tutor?.displayName]
            .filter(Boolean)
            .join(' · ')}
        </span>
      }
    >
      {session.summaries.length === 0 && <p className="soft">Its summary has not been written yet.</p>}
      {session.summaries.map((summary) => (
        <div key={summary.id} className="stack" aria-live="polite">
          <Corrected override={summary.activeOverride} />
          <p className="prose">{summary.narrative}</p>
          <NextSteps steps={summary.nextSteps} />
        </div>
      ))}
    </Sheet>
  );
}

/** In a few plain words. */
function lead(child: Child, first: string): string {
  const active = child.goals.nodes.filter(({ status }) => status === 'ACTIVE');
  const [nearest] = [...active].sort((a, b) => Number(b.completionPercentage) - Number(a.completionPercentage));
  const streak = child.details?.gamification.streaks ?? 0;
  return [
    child.sessions.totalCount > 0
      ? `${first} has had ${counted(child.sessions.totalCount, 'session')}`
      : `${first} has had no session yet`,
    child.done.totalCount > 0 && `has done ${counted(child.done.totalCount, 'practice question')}`,
    nearest && `is nearest to “${nearest.title}” (${Math.round(Number(nearest.completionPercentage))} %)`,
    streak > 1 && `has worked ${streak} days in a row`,
  ]
    .filter(Boolean)
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1')
    .concat('.');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
