import { graphql } from '../generated';
import type { OverridePatternsBySubjectQuery, OverridePatternsQuery, OverrideType } from '../generated/graphql';
import { Bars } from './charts';
import { OverTime, type Counting } from './OverTime';
import { Panel } from './Panel';
import { asked, type Asked } from './range';

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

type OfKind = OverridePatternsQuery['overrideAnalytics'][number];

const SERIES: Counting<OfKind>[] = [
  { name: 'Summaries', colour: 1, of: countIf('SUMMARY') },
  { name: 'Practice', colour: 2, of: countIf('PRACTICE') },
  { name: 'Answers', colour: 3, of: countIf('QA_ANSWER') },
];
const CHANGES = ['OVERRIDE_MADE'] as const;
const NOTHING = 'Tutors corrected nothing in this time.';

function countIf(kind: OverrideType) {
  return ({ overrideType, overrideCount }: OfKind) => (overrideType === kind ? overrideCount : 0);
}

export function OverridesOverTime(asks: Asked) {
  return (
    <OverTime
      asks={asks}
      title="Corrections over time"
      says={(period) => `What tutors corrected of the companion’s, by ${period}; corrections taken back included.`}
      what="corrections"
      query={OVER_TIME}
      groupBy={['TYPE']}
      kinds={CHANGES}
      countsOf={({ overrideAnalytics }) => overrideAnalytics}
      series={SERIES}
      stacked
      nothing={NOTHING}
    />
  );
}

export function OverridesBySubject(asks: Asked) {
  return (
    <Panel
      title="Corrections by subject"
      says="Where the companion is corrected most: the subjects to add study material in."
      query={BY_SUBJECT}
      variables={asked(asks)}
      kinds={CHANGES}
      rowsOf={({ overrideAnalytics }) => overrideAnalytics.toSorted((a, b) => b.overrideCount - a.overrideCount)}
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

function nameOf({ subject }: OfSubject): string {
  return subject?.name ?? 'No subject';
}
