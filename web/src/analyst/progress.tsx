import { graphql } from '../generated';
import type { ProgressOfAllQuery } from '../generated/graphql';
import { Bars } from './charts';
import { Panel } from './Panel';
import { asked, type Range } from './range';

const OF_ALL = graphql(/* GraphQL */ `
  query ProgressOfAll {
    students(first: 100) {
      nodes {
        id
        displayName
        goals(first: 10, where: { status: ACTIVE }) {
          nodes {
            id
            title
            subject {
              id
              name
            }
            completionPercentage
            currentStreak
            xpEarned
            targetCompletionDate
          }
        }
      }
    }
  }
`);

const OF_STUDENT = graphql(/* GraphQL */ `
  query ProgressOfStudent($studentId: ID!, $from: Date, $to: Date) {
    studentProgress(studentId: $studentId, from: $from, to: $to) {
      goal {
        id
        title
      }
      subjectName
      completionPercentage
      sessionsCount
      practiceItemsCompleted
      currentStreak
      xpEarned
      averageRating
      targetCompletionDate
    }
  }
`);

const CHANGES = ['GOAL_PROGRESS', 'PRACTICE_COMPLETED', 'PROGRESS_CHANGED'] as const;
/** Bars that are drawn at once. */
const MOST = 12;

type Student = ProgressOfAllQuery['students']['nodes'][number];
type Aim = Student['goals']['nodes'][number] & { of: string };

export function ProgressOfAll({ students }: { students: number }) {
  const of = students > 100 ? ' of the first 100 students' : '';
  return (
    <Panel
      title="Progress"
      says={`How far active goals${of} are reached today, the furthest from it first, at most ${MOST}; the table has all. Choose a student for what was done for each in the time chosen.`}
      query={OF_ALL}
      variables={{}}
      kinds={CHANGES}
      rowsOf={aimsOf}
      columns={[
        { name: 'Student', value: ({ of }) => of },
        { name: 'Goal', value: ({ title }) => title },
        { name: 'Subject', value: ({ subject }) => subject?.name ?? 'All' },
        { name: 'Reached, %', value: ({ completionPercentage }) => Number(completionPercentage) },
        { name: 'Days in a row', value: ({ currentStreak }) => currentStreak },
        { name: 'Points', value: ({ xpEarned }) => xpEarned },
        { name: 'Due', value: ({ targetCompletionDate }) => targetCompletionDate },
      ]}
      chart={(rows) => (
        <Reached rows={rows.map(({ of, title, completionPercentage }) => [`${of}: ${title}`, completionPercentage])} />
      )}
      nothing="There are no active goals."
    />
  );
}

export function ProgressOfOne({ range, studentId, name }: { range: Range; studentId: string; name: string }) {
  return (
    <Panel
      title={`Progress of ${name}`}
      says="How far each active goal is reached today. The table has what was done for it in the time chosen, and the rating."
      query={OF_STUDENT}
      variables={asked({ range, studentId })}
      kinds={CHANGES}
      rowsOf={({ studentProgress }) => studentProgress}
      columns={[
        { name: 'Goal', value: ({ goal }) => goal.title },
        { name: 'Subject', value: ({ subjectName }) => subjectName ?? 'All' },
        { name: 'Reached, %', value: ({ completionPercentage }) => Number(completionPercentage) },
        { name: 'Sessions', value: ({ sessionsCount }) => sessionsCount },
        { name: 'Practice done', value: ({ practiceItemsCompleted }) => practiceItemsCompleted },
        { name: 'Days in a row', value: ({ currentStreak }) => currentStreak },
        { name: 'Points', value: ({ xpEarned }) => xpEarned },
        { name: 'Rating', value: ({ averageRating }) => (averageRating === null ? null : Number(averageRating)) },
        { name: 'Due', value: ({ targetCompletionDate }) => targetCompletionDate },
      ]}
      chart={(rows) => <Reached rows={rows.map(({ goal, completionPercentage }) => [goal.title, completionPercentage])} />}
      nothing={`${name} has no active goals.`}
    />
  );
}

function Reached({ rows }: { rows: [name: string, percentage: string][] }) {
  const shown = rows.slice(0, MOST).map(([name, percentage]) => ({ name, value: Math.round(Number(percentage)) }));
  return (
    <Bars
      says={shown.map(({ name, value }) => `${name} ${value}%`).join('; ')}
      bars={shown.map((bar) => ({ ...bar, note: `${bar.value} %` }))}
      most={100}
      unit="%"
    />
  );
}

function aimsOf({ students }: ProgressOfAllQuery): Aim[] {
  return students.nodes
    .flatMap(({ displayName, goals }) => goals.nodes.map((goal) => ({ ...goal, of: displayName })))
    .sort((a, b) => Number(a.completionPercentage) - Number(b.completionPercentage));
}
