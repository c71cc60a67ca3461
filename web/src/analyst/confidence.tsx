import { graphql } from '../generated';
import type { Confidence, ConfidenceOverTimeQuery, WhatConfidenceIsWorthQuery } from '../generated/graphql';
import { Against } from './charts';
import { OverTime, type Counting } from './OverTime';
import { Panel } from './Panel';
import { asked, type Asked } from './range';

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

type OfLevel = ConfidenceOverTimeQuery['confidenceDistribution'][number];

const SERIES: Counting<OfLevel>[] = [
  { name: 'High', colour: 3, of: countIf('HIGH') },
  { name: 'Medium', colour: 5, of: countIf('MEDIUM') },
  { name: 'Low', colour: 2, of: countIf('LOW') },
];
const CHANGES = ['QUESTION_ANSWERED', 'QUESTION_ESCALATED', 'OVERRIDE_MADE'] as const;

function countIf(level: Confidence) {
  return ({ confidence, count }: OfLevel) => (confidence === level ? count : 0);
}

export function ConfidenceDistribution(asks: Asked) {
  return (
    <OverTime
      asks={asks}
      title="Confidence"
      says={(period) => `How sure the companion was of its answers, by ${period}.`}
      what="answers"
      query={OVER_TIME}
      kinds={CHANGES}
      countsOf={({ confidenceDistribution }) => confidenceDistribution}
      series={SERIES}
      stacked
      nothing="The companion answered nothing in this time."
    />
  );
}

type Tenth = WhatConfidenceIsWorthQuery['confidenceCalibration'][number];

export function Calibration(asks: Asked) {
  return (
    <Panel
      title="Calibration"
      says="What a score was worth, by the answers that tutors judged: on the line, it means what it says. Below it, the companion is too sure of itself."
      query={WORTH}
      variables={asked(asks)}
      kinds={CHANGES}
      rowsOf={({ confidenceCalibration }) => confidenceCalibration}
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

function percent({ meanScore }: Tenth): number {
  return Math.round(Number(meanScore) * 100);
}
