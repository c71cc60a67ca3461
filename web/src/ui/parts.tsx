/** The pieces that pages are made of. Their looks are in parts.css. */

import { useEffect, useId, useState, type ButtonHTMLAttributes, type ReactNode } from 'react';
import type { CombinedError } from 'urql';

export type Tone = 'good' | 'warn' | 'bad' | 'blue';

/** A sheet of paper with a heading; `ruled` for one with a margin. */
export function Sheet({
  title,
  aside,
  ruled = false,
  children,
}: {
  title?: ReactNode;
  aside?: ReactNode;
  ruled?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={ruled ? 'sheet ruled' : 'sheet'} aria-labelledby={title ? id : undefined}>
      {title !== undefined && (
        <header className="row apart">
          <h2 id={id}>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

/**
 * While it cannot be pressed it keeps the focus, which `disabled` would take away. The second click of a double click
 * does nothing: what stands there by then may be something else.
 */
export function Button({
  kind = '',
  busy = false,
  disabled = false,
  onClick,
  children,
  ...rest
}: { kind?: '' | 'first' | 'quiet'; busy?: boolean } & ButtonHTMLAttributes<HTMLButtonElement>) {
  const off = busy || disabled;
  return (
    <button
      type="button"
      className={`button ${kind}`}
      aria-busy={busy || undefined}
      aria-disabled={off || undefined}
      {...rest}
      onClick={(event) => {
        if (off || event.detail > 1) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {children}
    </button>
  );
}

export function Tag({ tone, children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className="tag" data-tone={tone}>
      {children}
    </span>
  );
}

/** A share of a whole, 0 to 100, with what it is of. */
export function Meter({ label, percent, note }: { label: ReactNode; percent: number; note?: ReactNode }) {
  const id = useId();
  const shown = Math.round(Math.min(100, Math.max(0, percent)));
  return (
    <div className="meter">
      <span id={id}>{label}</span>
      <span className="number soft small">{note ?? `${shown} %`}</span>
      <span
        className="track"
        role="progressbar"
        aria-labelledby={id}
        aria-valuenow={shown}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i style={{ width: `${shown}%` }} />
      </span>
    </div>
  );
}

/** Initials; the name itself stands beside. */
export function Face({ name }: { name: string }) {
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0] ?? '')
    .join('');
  return (
    <span className="face" aria-hidden="true">
      {initials.toUpperCase()}
    </span>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

/** What is there instead of something that is still being read, or could not be. */
export function Pending({ error, what }: { error: CombinedError | undefined; what: string }) {
  if (error?.networkError) return <Problem>The server cannot be reached just now; it is tried again.</Problem>;
  if (error) return <Problem>{sentence(error)}</Problem>;
  return (
    <div className="waiting" role="status">
      <span className="hidden">Reading {what}</span>
    </div>
  );
}

export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className="notice" data-tone="bad" role="alert">
      {children}
    </p>
  );
}

/** What to tell a person about an error. */
export function sentence(error: CombinedError): string {
  if (error.networkError) return 'The server cannot be reached just now. What you see may be out of date.';
  return error.graphQLErrors[0]?.message ?? error.message;
}

const AGO = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' });
const STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

export function ago(at: string, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return AGO.format(Math.trunc(seconds / length), unit);
  }
  return 'just now';
}

/** A moment, as how long ago it was; the whole of it on pointing at it. */
export function When({ at }: { at: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    // That time goes by is no news.
    <time dateTime={at} title={new Date(at).toLocaleString('en')} aria-live="off">
      {ago(at, now)}
    </time>
  );
}

/** A day, such as 3 Mar 2026. */
export function day(at: string): string {
  // A date alone is a day, wherever one is.
  const date = new Date(at.length === 10 ? `${at}T00:00` : at);
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}
