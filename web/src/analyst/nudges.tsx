import { useCallback } from 'react';

import { graphql } from '../generated';
import type { NudgeEngagementByTypeQuery, NudgeEngagementOverTimeQuery } from '../generated/graphql';
import { Bars, Columns, type Series } from './charts';
import { countedColumns, inWords, type Asked, type Counted } from './overrides';
import { Panel } from './Panel';
import { asked, labelOf, periodOf, startsOf } from './range';

const OVER_TIME = graphql(/* GraphQL */ `
  query NudgeEngagementOverTime($from: Date, $to: Date, $groupBy: [NudgeGrouping!]!, $studentId: ID) {
    nudgeEngagement(from: $from, to: $to, groupBy: $groupBy, studentId: $studentId) {
      periodStart
      sentCount
      openedCount
      clickedCount
    }
  }
`);

const BY_TYPE = graphql(/* GraphQL */ `
  query NudgeEngagementByType($from: Date, $to: Date, $studentId: ID) {
    nudgeEngagement(from: $from, to: $to, groupBy: [TYPE], studentId: $studentId) {
      type
      sentCount
      openedCount
      openedPercentage
      clickedCount
      clickedPercentage
    }
  }
`);

const SERIES: Series[] = [
  { name: 'Sent', colour: 1 },
  { name: 'Opened', colour: 3 },
  { name: 'Followed', colour: 4 },
];
const CHANGES = ['NUDGE_SENT', 'NUDGE_OPENED'] as const;
const NOTHING = 'Nobody was nudged in this time.';

export function NudgesOverTime({ range, studentId }: Asked) {
  const period = periodOf(range);
  const rowsOf = useCallback(
    ({ nudgeEngagement }: NudgeEngagementOverTimeQuery): Counted[] =>
      nudgeEngagement.length === 0
        ? []
        : startsOf(range, period).map((start) => {
            const found = nudgeEngagement.find(({ periodStart }) => periodStart === start);
            return { start, counts: [found?.sentCount ?? 0, found?.openedCount ?? 0, found?.clickedCount ?? 0] };
          }),
    [range, period],
  );
  return (
    <Panel
      title="Nudges over time"
      says={`Nudges by the ${period.toLowerCase()} they were sent in, and how many of those were opened and followed since.`}
      query={OVER_TIME}
      variables={{ ...asked(range), groupBy: [period], studentId }}
      kinds={CHANGES}
      rowsOf={rowsOf}
      columns={countedColumns(period, SERIES)}
      chart={(rows) => (
        <Columns
          says={inWords(rows, SERIES, 'nudges')}
          labels={rows.map(({ start }) => labelOf(start, period))}
          series={SERIES}
          values={rows.map(({ counts }) => counts)}
        />
      )}
      nothing={NOTHING}
    />
  );
}

type OfType = NudgeEngagementByTypeQuery['nudgeEngagement'][number];

const WHY = { LOGIN: 'Welcome back', INACTIVITY: 'After days away', CROSS_SUBJECT: 'A goal reached, what next' };

export function NudgesByType({ range, studentId }: Asked) {
  return (
    <Panel
      title="What nudges do"
      says="How many of each kind were opened."
      query={BY_TYPE}
      variables={{ ...asked(range), studentId }}
      kinds={CHANGES}
      rowsOf={typesOf}
      columns={[
        { name: 'Kind', value: whyOf },
        { name: 'Sent', value: ({ sentCount }) => sentCount },
        { name: 'Opened', value: ({ openedCount }) => openedCount },
        { name: 'Opened, %', value: ({ openedPercentage }) => Number(openedPercentage) },
        { name: 'Followed', value: ({ clickedCount }) => clickedCount },
        { name: 'Followed, %', value: ({ clickedPercentage }) => Number(clickedPercentage) },
      ]}
      chart={(rows) => (
        <Bars
          says={rows.map((row) => `${whyOf(row)}: ${row.openedCount} of ${row.sentCount} opened`).join('; ')}
          bars={rows.map((row) => ({
            name: whyOf(row),
            value: Number(row.openedPercentage),
            note: `${row.openedCount} of ${row.sentCount}`,
          }))}
          most={100}
          unit="%"
          colour={3}
        />
      )}
      nothing={NOTHING}
    />
  );
}

function typesOf({ nudgeEngagement }: NudgeEngagementByTypeQuery): OfType[] {
  return nudgeEngagement.filter(({ sentCount }) => sentCount > 0);
}

function whyOf({ type }: OfType): string {
  return type ? WHY[type] : 'Unknown';
}
