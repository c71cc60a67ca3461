/** How the pages show what more than one of them shows. */

import type { ReactNode } from 'react';

import { Link } from '../app/router';
import type { GoalShownFragment, QuestionWithSourcesFragment, SessionShownFragment } from '../generated/graphql';
import { Corrected } from './Correction';
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

/** A session with its summary, in short where it has a page of its own (`to`). */
export function SessionLine({ session, to }: { session: SessionShownFragment; to?: string }) {
  const { startedAt, topicsCovered, subject, summaries } = session;
  const title = topicsCovered.join(', ') || 'Session';
  return (
    <>
      <p className="row apart">
        {to ? <Link to={to}>{title}</Link> : <strong>{title}</strong>}
        <span className="soft small">{[subject?.name, day(startedAt)].filter(Boolean).join(' · ')}</span>
      </p>
      {summaries.map((summary) => (
        <div key={summary.id}>
          <Corrected override={summary.activeOverride} />
          <p className={to ? 'prose glimpse' : 'prose'}>{summary.narrative}</p>
        </div>
      ))}
      {summaries.length === 0 && <p className="soft small">No summary yet.</p>}
    </>
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
