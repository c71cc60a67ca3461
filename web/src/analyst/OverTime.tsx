import type { TypedDocumentNode } from 'urql';

import type { ActivityKind } from '../generated/graphql';
import { Columns, sum, type Series } from './charts';
import { Panel } from './Panel';
import { asked, labelOf, periodOf, startsOf, type Asked, type Period } from './range';

/** A series of a chart along time, with what a count adds to it. */
export interface Counting<Count> extends Series {
  of: (count: Count) => number;
}

/** What was counted in a day, week or month, a number for each series. */
interface Counted {
  start: string;
  counts: number[];
}

/** Counts along time, by day, week or month as there is room for; those with nothing are there too. */
export function OverTime<Data, Grouping, Count extends { periodStart?: string | null }>({
  asks: { range, studentId },
  title,
  says,
  what,
  query,
  groupBy = [],
  kinds,
  countsOf,
  series,
  stacked = false,
  nothing,
}: {
  asks: Asked;
  title: string;
  says: (period: string) => string;
  /** What is counted. */
  what: string;
  query: TypedDocumentNode<Data, ReturnType<typeof asked> & { groupBy: (Grouping | Period)[] }>;
  /** Apart from the time. */
  groupBy?: Grouping[];
  kinds: readonly ActivityKind[];
  countsOf: (data: Data) => Count[];
  series: Counting<Count>[];
  stacked?: boolean;
  nothing: string;
}) {
  const period = periodOf(range);
  function rowsOf(data: Data): Counted[] {
    const all = countsOf(data);
    if (all.length === 0) return [];
    return startsOf(range, period).map((start) => {
      const then = all.filter(({ periodStart }) => periodStart === start);
      return { start, counts: series.map(({ of }) => sum(then.map(of))) };
    });
  }
  return (
    <Panel
      title={title}
      says={says(period.toLowerCase())}
      query={query}
      variables={{ ...asked({ range, studentId }), groupBy: [period, ...groupBy] }}
      kinds={kinds}
      rowsOf={rowsOf}
      columns={[
        { name: { DAY: 'Day', WEEK: 'Week from', MONTH: 'Month from' }[period], value: ({ start }) => start },
        ...series.map(({ name }, which) => ({ name, value: ({ counts }: Counted) => counts[which] ?? 0 })),
      ]}
      chart={(rows) => (
        <Columns
          stacked={stacked}
          says={inWords(rows, series, what)}
          labels={rows.map(({ start }) => labelOf(start, period))}
          series={series}
          values={rows.map(({ counts }) => counts)}
        />
      )}
      nothing={nothing}
    />
  );
}

/** A chart in a sentence. */
function inWords(rows: Counted[], series: Series[], what: string): string {
  const totals = series.map(({ name }, which) => `${name} ${sum(rows.map(({ counts }) => counts[which] ?? 0))}`);
  const most = rows.reduce((a, b) => (sum(b.counts) > sum(a.counts) ? b : a));
  return `${totals.join(', ')}. Most ${what} from ${most.start}: ${sum(most.counts)}.`;
}
