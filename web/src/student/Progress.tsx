import { Title } from '../app/router';
import { graphql } from '../generated';
import type { ProgressQuery } from '../generated/graphql';
import { useLiveQuery } from '../live';
import { Course } from '../ui/Course';
import { Empty, Pending, Problem, sentence, Sheet } from '../ui/parts';
import { Listed, SESSIONS } from '../ui/More';
import { GoalLine, SessionLine } from '../ui/Shown';
import { Strip } from '../ui/Strip';

const PROGRESS = graphql(/* GraphQL */ `
  query Progress {
    viewer {
      id
      ... on Student {
        details {
          gamification {
            ...GameShown
            badges
            metaRewards
          }
        }
        goals(first: 30) {
          nodes {
            ...GoalShown
          }
        }
        ratings {
          ...RatingShown
        }
        practice(first: 100, where: { completed: true }) {
          totalCount
          nodes {
            id
            completedAt
            studentRatingBefore
            studentRatingAfter
            subject {
              id
              name
            }
          }
        }
        sessions(first: 12) {
          nodes {
            ...SessionShown
          }
          pageInfo {
            ...Paged
          }
        }
      }
    }
  }
`);

type Me = Extract<NonNullable<ProgressQuery['viewer']>, { goals: unknown }>;

const CHANGES = ['PRACTICE_COMPLETED', 'GOAL_PROGRESS', 'SUMMARY_READY'] as const;

/** How far a student has come. */
export function ProgressPage() {
  const { data, error } = useLiveQuery(PROGRESS, {}, CHANGES);
  const me = data?.viewer && 'goals' in data.viewer ? (data.viewer as Me) : null;
  const game = me?.details?.gamification;
  return (
    <div className="page">
      <header className="today-head">
        <Title name="Progress">Progress</Title>
        {game && <Strip game={game} />}
      </header>
      {error && data && <Problem>{sentence(error)}</Problem>}
      {me === null ? (
        <Pending error={error} what="your progress" />
      ) : (
        <div className="today-layout">
          <div className="stack">
            <Sheet title="Goals">
              <div className="stack">
                {me.goals.nodes.map((goal) => (
                  <GoalLine key={goal.id} goal={goal} />
                ))}
                {me.goals.nodes.length === 0 && <Empty>Set a goal with your tutor.</Empty>}
              </div>
            </Sheet>
            <Sheet title="Sessions">
              <Listed
                list={SESSIONS}
                first={me.sessions}
                variables={(after) => ({ id: me.id, after })}
                kinds={CHANGES}
                className="things"
              >
                {(session) => <SessionLine session={session} />}
              </Listed>
              {me.sessions.nodes.length === 0 && <Empty>No session yet.</Empty>}
            </Sheet>
          </div>
          <div className="stack">
            <Sheet title="Ratings">
              <ul className="things">
                {me.ratings.map(({ id, subject, rating, answers }) => (
                  <li key={id} className="rating-line">
                    <span>
                      {subject.name}
                      <span className="soft small"> {answers === 1 ? '1 answer' : `${answers} answers`}</span>
                    </span>
                    <Course points={courseOf(me, subject.id)} name={subject.name} />
                    <strong className="number">{rating}</strong>
                  </li>
                ))}
              </ul>
              {me.ratings.length === 0 && <p className="soft">They begin with your first answer.</p>}
            </Sheet>
            {game && game.badges.length > 0 && (
              <Sheet title="Badges">
                <ul className="row badges">
                  {[...game.badges, ...game.metaRewards].map((badge) => (
                    <li key={badge}>{badge}</li>
                  ))}
                </ul>
              </Sheet>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

/** A subject's ratings, oldest first, with where it began. */
function courseOf(me: Me, subjectId: string): number[] {
  const done = me.practice.nodes
    .filter(({ subject, studentRatingAfter }) => subject?.id === subjectId && studentRatingAfter != null)
    .sort((a, b) => (a.completedAt ?? '').localeCompare(b.completedAt ?? ''));
  const [first] = done;
  return first
    ? [first.studentRatingBefore ?? 0, ...done.map(({ studentRatingAfter }) => studentRatingAfter ?? 0)]
    : [];
}
