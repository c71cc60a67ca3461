/** What a tutor should look at first, worked out from what the overview reads. */

import type { ListedStudentFragment, StudentsQuery } from '../generated/graphql';
import type { Tone } from '../ui/parts';

export type ListedStudent = ListedStudentFragment;
export type Waiting = StudentsQuery['reviewQueue']['nodes'][number];

export interface Alert {
  tone: Tone;
  text: string;
}

const DAY = 86_400_000;
const AWAY_DAYS = 7;
const SOON_DAYS = 30;
/** A goal this near should be at least so far, in percent. */
const FAR_ENOUGH = 65;

/** The most urgent first. */
export function alertsOf(student: ListedStudent, waiting: readonly Waiting[], now = Date.now()): Alert[] {
  const own = waiting.filter((each) => each.student.id === student.id);
  const questions = own.filter(({ __typename }) => __typename === 'Question').length;
  const practice = own.length - questions;
  const alerts: Alert[] = [];
  if (questions > 0) alerts.push({ tone: 'bad', text: counted(questions, 'question', 'waits', 'wait') });
  if (practice > 0) alerts.push({ tone: 'warn', text: `${practice} to review` });

  for (const { title } of student.reached.nodes) alerts.push({ tone: 'good', text: `Says “${title}” is reached` });

  const last = lastSeen(student);
  const days = last === null ? null : Math.floor((now - last) / DAY);
  if (days !== null && days >= AWAY_DAYS) alerts.push({ tone: 'warn', text: `Nothing for ${days} days` });

  for (const goal of student.goals.nodes) {
    if (!goal.targetCompletionDate) continue;
    const left = daysUntil(goal.targetCompletionDate, now);
    const percent = Math.round(Number(goal.completionPercentage));
    if (left < 0) alerts.push({ tone: 'bad', text: `“${goal.title}” is overdue` });
    else if (left <= SOON_DAYS && percent < FAR_ENOUGH) {
      const days = left === 0 ? 'Today is the last day' : left === 1 ? 'One day' : `${left} days`;
      alerts.push({ tone: 'warn', text: `${days} for “${goal.title}”` });
    }
  }
  return alerts;
}

/** How many days from today, where the reader is, to a date such as 2026-03-01; below 0 for one that is over. */
function daysUntil(date: string, now: number): number {
  const today = new Date(now);
  // As days of no place at all: some are an hour shorter than others.
  return (Date.parse(date) - Date.UTC(today.getFullYear(), today.getMonth(), today.getDate())) / DAY;
}

/** When the student last did anything, in milliseconds since 1970; null for never. */
export function lastSeen(student: ListedStudent): number | null {
  const times = [
    ...student.sessions.nodes.map(({ startedAt }) => startedAt),
    ...student.done.nodes.map(({ completedAt }) => completedAt),
    ...student.questions.nodes.map(({ createdAt }) => createdAt),
  ].flatMap((at) => (at ? [new Date(at).getTime()] : []));
  return times.length > 0 ? Math.max(...times) : null;
}

function counted(count: number, noun: string, one: string, many: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'} ${count === 1 ? one : many}`;
}
