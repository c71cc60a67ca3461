/** How the pages show what more than one of them shows. */

import type { ReactNode } from 'react';

import type { GoalShownFragment, QuestionWithSourcesFragment } from '../generated/graphql';
import { day, Meter, Tag } from './parts';

const STATUS = { ACTIVE: null, COMPLETED: 'reached', PAUSED: 'paused', CANCELLED: 'given up' } as const;

/** How far a goal is reached; `children` come below. */
export function GoalLine({ goal, children }: { goal: GoalShownFragment; children?: ReactNode }) {
  const { title, completionPercentage, subject, targetCompletionDate, status } = goal;
  return (
    <div>
      <Meter label={title} percent={Number(completionPercentage)} />
      <p className="soft small row">
        {[subject?.name, targetCompletionDate && `by ${day(targetCompletionDate)}`].filter(Boolean).join(' · ')}
        {STATUS[status] && <Tag tone={status === 'COMPLETED' ? 'good' : undefined}>{STATUS[status]}</Tag>}
      </p>
      {children}
    </div>
  );
}

/** What a summary says to do, the most important first. */
export function NextSteps({ steps }: { steps: readonly string[] }) {
  if (steps.length === 0) return null;
  return (
    <div>
      <h3>What comes next</h3>
      <ol className="steps prose">
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </div>
  );
}

/** What an answer rests on. */
export function Sources({ of }: { of: QuestionWithSourcesFragment['citations'] }) {
  return (
    <ul className="sources small" aria-label="Sources">
      {of.map(({ position, title, quote }) => (
        <li key={position}>
          <cite>{title}</cite>
          {quote && <q>{quote}</q>}
        </li>
      ))}
    </ul>
  );
}
