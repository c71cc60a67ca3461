import { useCallback } from 'react';

import { graphql } from '../generated';
import type { ConfidenceOverTimeQuery, WhatConfidenceIsWorthQuery } from '../generated/graphql';
import { Against, Columns, sum, type Series } from './charts';
import { countedColumns, inWords, type Asked, type Counted } from './overrides';
import { Panel } from './Panel';
import { asked, labelOf, periodOf, startsOf } from './range';

const OVER_TIME = graphql(/* GraphQL */ `
  query ConfidenceOverTime($from: Date, $to: Date, $groupBy: [ConfidenceGrouping!]!, $studentId: ID) {
    confidenceDistribution(from: $from, to: $to, groupBy: $groupBy, studentId: $studentId) {
      periodStart
      confidence
      count
      percentage
    }
  }
`);

const WORTH = graphql(/* GraphQL */ `
  query WhatConfidenceIsWorth($from: Date, $to: Date, $studentId: ID) {
    confidenceCalibration(from: $from, to: $to, studentId: $studentId) {
      scoreFrom
      meanScore
      judgedCount
      rightCount
      rightPercentage
    }
  }
`);

const LEVELS = ['HIGH', 'MEDIUM', 'LOW'] as const;
const SERIES: Series[] = [
  { name: 'High', colour: 3 },
  { name: 'Medium', colour: 5 },
  { name: 'Low', colour: 2 },
];
const CHANGES = ['QUESTION_ANSWERED', 'QUESTION_ESCALATED', 'OVERRIDE_MADE'] as const;

export function ConfidenceDistribution({ range, studentId }: Asked) {
  const period = periodOf(range);
  const rowsOf = useCallback(
    ({ confidenceDistribution }: ConfidenceOverTimeQuery): Counted[] =>
      confidenceDistribution.length === 0
        ? []
        : startsOf(range, period).map((start) => ({
            start,
            counts: LEVELS.map((level) =>
              sum(
                confidenceDistribution
                  .filter(({ periodStart, confidence }) => periodStart === start && confidence === level)
                  .map(({ count }) => count),
              ),
            ),
          })),
    [range, period],
  );
  return (
    <Panel
      title="Confidence"
      says={`How sure the companion was of its answers, by ${period.toLowerCase()}.`}
      query={OVER_TIME}
      variables={{ ...asked(range), groupBy: [period], studentId }}
      kinds={CHANGES}
      rowsOf={rowsOf}
      columns={countedColumns(period, SERIES)}
      chart={(rows) => (
        <Columns
          stacked
          says={inWords(rows, SERIES, 'answers')}
          labels={rows.map(({ start }) => labelOf(start, period))}
          series={SERIES}
          values={rows.map(({ counts }) => counts)}
        />
      )}
      nothing="The companion answered nothing in this time."
    />
  );
}

type Tenth = WhatConfidenceIsWorthQuery['confidenceCalibration'][number];

export function Calibration({ range, studentId }: Asked) {
  return (
    <Panel
      title="Calibration"
      says="What a score was worth, by the answers that tutors judged: on the line, it means what it says. Below it, the companion is too sure of itself."
      query={WORTH}
      variables={{ ...asked(range), studentId }}
      kinds={CHANGES}
      rowsOf={tenthsOf}
      columns={[
        { name: 'Score from', value: ({ scoreFrom }) => Number(scoreFrom) },
        { name: 'Mean score', value: ({ meanScore }) => Number(meanScore) },
        { name: 'Judged', value: ({ judgedCount }) => judgedCount },
        { name: 'Right', value: ({ rightCount }) => rightCount },
        { name: 'Right, %', value: ({ rightPercentage }) => Number(rightPercentage) },
      ]}
      chart={(rows) => (
        <Against
          says={rows
            .map((row) => `Said ${percent(row)}%, right ${row.rightPercentage}% of ${row.judgedCount}`)
            .join('; ')}
          points={rows.map((row) => ({
            said: percent(row),
            so: Number(row.rightPercentage),
            count: row.judgedCount,
            note: `${row.rightCount} of ${row.judgedCount}`,
          }))}
          across="What the score said"
          up="Were right"
        />
      )}
      nothing="Tutors judged no answers in this time: they do when they answer a question themselves, or correct it."
    />
  );
}

function tenthsOf({ confidenceCalibration }: WhatConfidenceIsWorthQuery): Tenth[] {
  return confidenceCalibration;
}

function percent({ meanScore }: Tenth): number {
  return Math.round(Number(meanScore) * 100);
}
