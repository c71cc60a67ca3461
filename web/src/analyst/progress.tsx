import { graphql } from '../generated';
import type { ProgressOfStudentQuery } from '../generated/graphql';
import { Bars } from './charts';
import { Panel } from './Panel';
import { asked, type Range } from './range';

const PROGRESS = graphql(/* GraphQL */ `
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

export function Progress({ range, studentId, name }: { range: Range; studentId: string; name: string }) {
  return (
    <Panel
      title={`Progress of ${name}`}
      says="How far each active goal is reached today. The table has what was done for it in the time chosen, and the rating."
      query={PROGRESS}
      variables={{ studentId, ...asked(range) }}
      kinds={CHANGES}
      rowsOf={goalsOf}
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
      chart={(rows) => (
        <Bars
          says={rows.map(({ goal, completionPercentage }) => `${goal.title}: ${completionPercentage}%`).join('; ')}
          bars={rows.map(({ goal, completionPercentage }) => ({
            name: goal.title,
            value: Number(completionPercentage),
            note: `${Math.round(Number(completionPercentage))} %`,
          }))}
          most={100}
          unit="%"
        />
      )}
      nothing={`${name} has no active goals.`}
    />
  );
}

function goalsOf({ studentProgress }: ProgressOfStudentQuery): ProgressOfStudentQuery['studentProgress'] {
  return studentProgress;
}
