import { graphql } from '../generated';
import type { NudgeEngagementByTypeQuery, NudgeEngagementOverTimeQuery } from '../generated/graphql';
import { Bars } from './charts';
import { OverTime, type Counting } from './OverTime';
import { Panel } from './Panel';
import { asked, type Asked } from './range';

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

const SERIES: Counting<NudgeEngagementOverTimeQuery['nudgeEngagement'][number]>[] = [
  { name: 'Sent', colour: 1, of: ({ sentCount }) => sentCount },
  { name: 'Opened', colour: 3, of: ({ openedCount }) => openedCount },
  { name: 'Followed', colour: 4, of: ({ clickedCount }) => clickedCount },
];
const CHANGES = ['NUDGE_SENT', 'NUDGE_OPENED'] as const;
const NOTHING = 'Nobody was nudged in this time.';

export function NudgesOverTime(asks: Asked) {
  return (
    <OverTime
      asks={asks}
      title="Nudges over time"
      says={(period) => `Nudges by the ${period} they were sent in, and how many of those were opened and followed since.`}
      what="nudges"
      query={OVER_TIME}
      kinds={CHANGES}
      countsOf={({ nudgeEngagement }) => nudgeEngagement}
      series={SERIES}
      nothing={NOTHING}
    />
  );
}

type OfType = NudgeEngagementByTypeQuery['nudgeEngagement'][number];

const WHY = { LOGIN: 'Welcome back', INACTIVITY: 'After days away', CROSS_SUBJECT: 'A goal reached, what next' };

export function NudgesByType(asks: Asked) {
  return (
    <Panel
      title="What nudges do"
      says="How many of each kind were opened."
      query={BY_TYPE}
      variables={asked(asks)}
      kinds={CHANGES}
      rowsOf={({ nudgeEngagement }) => nudgeEngagement.filter(({ sentCount }) => sentCount > 0)}
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

function whyOf({ type }: OfType): string {
  return type ? WHY[type] : 'Unknown';
}
