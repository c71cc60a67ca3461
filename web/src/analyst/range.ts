/** The time that is counted, in days of UTC, as the API counts. */

export interface Range {
  /** The first day, such as 2026-03-01. */
  from: string;
  /** The last day, itself counted. */
  last: string;
}

export type Period = 'DAY' | 'WEEK' | 'MONTH';

const DAY = 86_400_000;
/** What the API counts at once. */
const LONGEST = 3_660;

export function lastDays(count: number, now = Date.now()): Range {
  return { from: written(now - (count - 1) * DAY), last: written(now) };
}

/** What is wrong with it, in a sentence; null for nothing. */
export function problemOf({ from, last }: Range): string | null {
  const length = (Date.parse(last) - Date.parse(from)) / DAY + 1;
  if (Number.isNaN(length)) return 'Choose both days.';
  if (length < 1) return 'The first day comes after the last.';
  return length > LONGEST ? 'At most ten years are counted at once.' : null;
}

/** What the charts are of. */
export interface Asked {
  range: Range;
  /** One student; null for all. */
  studentId: string | null;
}

/** As the API has it: `to` is the day after. */
export function asked<Id extends string | null>({ range: { from, last }, studentId }: { range: Range; studentId: Id }) {
  return { from, to: written(Date.parse(last) + DAY), studentId };
}

/** What there is room for. */
export function periodOf({ from, last }: Range): Period {
  const days = (Date.parse(last) - Date.parse(from)) / DAY;
  if (days <= 21) return 'DAY';
  return days <= 200 ? 'WEEK' : 'MONTH';
}

/** The first day of each day, week or month that has a day in the range. */
export function startsOf({ from, last }: Range, period: Period): string[] {
  const day = new Date(from);
  if (period === 'WEEK') day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  if (period === 'MONTH') day.setUTCDate(1);
  const starts: string[] = [];
  while (day.getTime() <= Date.parse(last)) {
    starts.push(written(day.getTime()));
    if (period === 'MONTH') day.setUTCMonth(day.getUTCMonth() + 1);
    else day.setUTCDate(day.getUTCDate() + (period === 'WEEK' ? 7 : 1));
  }
  return starts;
}

const MONTHS = new Intl.DateTimeFormat('en-GB', { month: 'short', year: '2-digit', timeZone: 'UTC' });
const DAYS = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** What stands under a column. */
export function labelOf(start: string, period: Period): string {
  return (period === 'MONTH' ? MONTHS : DAYS).format(new Date(start));
}

function written(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
