import { useCallback } from 'react';

import { graphql } from '../generated';
import type { OverridePatternsBySubjectQuery, OverridePatternsQuery } from '../generated/graphql';
import { Bars, Columns, sum, type Series } from './charts';
import { Panel } from './Panel';
import { asked, labelOf, periodOf, startsOf, type Period, type Range } from './range';

const OVER_TIME = graphql(/* GraphQL */ `
  query OverridePatterns($from: Date, $to: Date, $groupBy: [OverrideGrouping!]!, $studentId: ID) {
    overrideAnalytics(from: $from, to: $to, groupBy: $groupBy, studentId: $studentId) {
      periodStart
      overrideType
      overrideCount
    }
  }
`);

const BY_SUBJECT = graphql(/* GraphQL */ `
  query OverridePatternsBySubject($from: Date, $to: Date, $studentId: ID) {
    overrideAnalytics(from: $from, to: $to, groupBy: [SUBJECT], studentId: $studentId) {
      subject {
        id
        name
      }
      overrideCount
      uniqueTutors
      uniqueStudents
    }
  }
`);

const KINDS = ['SUMMARY', 'PRACTICE', 'QA_ANSWER'] as const;
const SERIES: Series[] = [
  { name: 'Summaries', colour: 1 },
  { name: 'Practice', colour: 2 },
  { name: 'Answers', colour: 3 },
];
const CHANGES = ['OVERRIDE_MADE'] as const;
const NOTHING = 'Tutors corrected nothing in this time.';

export interface Asked {
  range: Range;
  /** One student; null for all. */
  studentId: string | null;
}

/** What is counted for each day, week or month, those with nothing too. */
export interface Counted {
  start: string;
  counts: number[];
}

export function OverridesOverTime({ range, studentId }: Asked) {
  const period = periodOf(range);
  const rowsOf = useCallback(
    ({ overrideAnalytics }: OverridePatternsQuery): Counted[] =>
      overrideAnalytics.length === 0
        ? []
        : startsOf(range, period).map((start) => ({
            start,
            counts: KINDS.map((kind) =>
              sum(
                overrideAnalytics
                  .filter(({ periodStart, overrideType }) => periodStart === start && overrideType === kind)
                  .map(({ overrideCount }) => overrideCount),
              ),
            ),
          })),
    [range, period],
  );
  return (
    <Panel
      title="Corrections over time"
      says={`What tutors corrected of the companion’s, by ${period.toLowerCase()}; corrections taken back included.`}
      query={OVER_TIME}
      variables={{ ...asked(range), groupBy: [period, 'TYPE'], studentId }}
      kinds={CHANGES}
      rowsOf={rowsOf}
      columns={countedColumns(period, SERIES)}
      chart={(rows) => (
        <Columns
          stacked
          says={inWords(rows, SERIES, 'corrections')}
          labels={rows.map(({ start }) => labelOf(start, period))}
          series={SERIES}
          values={rows.map(({ counts }) => counts)}
        />
      )}
      nothing={NOTHING}
    />
  );
}

export function OverridesBySubject({ range, studentId }: Asked) {
  return (
    <Panel
      title="Corrections by subject"
      says="Where the companion is corrected most: the subjects to add study material in."
      query={BY_SUBJECT}
      variables={{ ...asked(range), studentId }}
      kinds={CHANGES}
      rowsOf={subjectsOf}
      columns={[
        { name: 'Subject', value: nameOf },
        { name: 'Corrections', value: ({ overrideCount }) => overrideCount },
        { name: 'Tutors', value: ({ uniqueTutors }) => uniqueTutors },
        { name: 'Students', value: ({ uniqueStudents }) => uniqueStudents },
      ]}
      chart={(rows) => (
        <Bars
          says={`Corrections by subject: ${rows.map((row) => `${nameOf(row)} ${row.overrideCount}`).join(', ')}.`}
          bars={rows.map((row) => ({ name: nameOf(row), value: row.overrideCount }))}
          most={Math.max(...rows.map(({ overrideCount }) => overrideCount))}
          colour={2}
        />
      )}
      nothing={NOTHING}
    />
  );
}

type OfSubject = OverridePatternsBySubjectQuery['overrideAnalytics'][number];

function subjectsOf({ overrideAnalytics }: OverridePatternsBySubjectQuery): OfSubject[] {
  return [...overrideAnalytics].sort((a, b) => b.overrideCount - a.overrideCount);
}

function nameOf({ subject }: OfSubject): string {
  return subject?.name ?? 'No subject';
}

export function countedColumns(period: Period, series: Series[]) {
  const first = { DAY: 'Day', WEEK: 'Week from', MONTH: 'Month from' }[period];
  return [
    { name: first, value: ({ start }: Counted) => start },
    ...series.map(({ name }, which) => ({ name, value: ({ counts }: Counted) => counts[which] ?? 0 })),
  ];
}

/** A chart in a sentence. */
export function inWords(rows: Counted[], series: Series[], what: string): string {
  const totals = series.map(({ name }, which) => `${name} ${sum(rows.map(({ counts }) => counts[which] ?? 0))}`);
  const most = rows.reduce((a, b) => (sum(b.counts) > sum(a.counts) ? b : a));
  return `${totals.join(', ')}. Most ${what} from ${most.start}: ${sum(most.counts)}.`;
}
