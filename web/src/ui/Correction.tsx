/** How tutors correct in place, and how everyone sees that they did. */

import { useId, useState, type FormEvent, type ReactNode } from 'react';

import type { Refusal } from '../act';
import type { OverrideShownFragment } from '../generated/graphql';
import { Button, When } from './parts';

export interface CorrectedField {
  name: string;
  label: string;
  value: string;
  hint?: string;
  /** One line rather than many. */
  short?: boolean;
}

interface Props {
  what: string;
  /** The version that is in force, and who made it where somebody did. */
  version: number;
  by: string | null;
  fields: CorrectedField[];
  busy: boolean;
  refusals: Refusal[];
  /** `changed` are the fields that the tutor wrote something else in. Whether it was taken. */
  onSave: (changed: Record<string, string>, reason: string | null, version: number) => Promise<boolean>;
  onClose: () => void;
}

/**
 * A form over what is in force. It keeps the version that the tutor began with: when somebody else makes another one
 * meanwhile, both are shown, and the tutor decides.
 */
export function Correction({ what, version, by, fields, busy, refusals, onSave, onClose }: Props) {
  const [base, setBase] = useState(() => ({ version, values: valuesOf(fields) }));
  const [draft, setDraft] = useState(base.values);
  const [reason, setReason] = useState('');
  const [nothing, setNothing] = useState(false);
  const current = valuesOf(fields);
  // One's own change may be heard of before it is answered.
  const overtaken = version !== base.version && !busy;
  const id = useId();

  async function save(event: FormEvent) {
    event.preventDefault();
    const changed = Object.fromEntries(
      Object.entries(draft).filter(([name, value]) => value.trim() !== base.values[name]?.trim()),
    );
    setNothing(Object.keys(changed).length === 0);
    if (Object.keys(changed).length === 0) return;
    if (await onSave(changed, reason.trim() || null, base.version)) onClose();
  }

  function settle(mine: boolean) {
    // Fields that only they changed are theirs in either case.
    setDraft(
      Object.fromEntries(
        fields.map(({ name, value }) => [
          name,
          mine && draft[name] !== base.values[name] ? (draft[name] ?? value) : value,
        ]),
      ),
    );
    setBase({ version, values: current });
  }

  return (
    <form className="correction stack" onSubmit={(event) => void save(event)} aria-label={`Correct ${what}`}>
      {overtaken && (
        <div className="notice conflict stack" data-tone="warn" role="alert">
          <p>
            <strong>{by ?? 'Somebody'} changed this while you were writing.</strong> It is at version {version} now; you
            began with {base.version}.
          </p>
          <dl>
            {fields
              .filter(({ name, value }) => value !== base.values[name])
              .map(({ name, label, value }) => (
                <div key={name}>
                  <dt>{label}, as it is now</dt>
                  <dd className="prose">{value}</dd>
                </div>
              ))}
          </dl>
          <div className="row">
            <Button onClick={() => settle(true)}>Go on with mine</Button>
            <Button onClick={() => settle(false)}>Take theirs</Button>
          </div>
        </div>
      )}
      {fields.map(({ name, label, hint, short }, index) => {
        const refusal = refusals.find(({ field }) => field === name);
        const about = refusal || hint ? `${id}-${name}` : undefined;
        const shared = {
          id: `${id}-${name}-field`,
          name,
          value: draft[name] ?? '',
          autoFocus: index === 0,
          'aria-invalid': refusal ? true : undefined,
          'aria-describedby': about,
          onChange: (event: { target: { value: string } }) => setDraft({ ...draft, [name]: event.target.value }),
        };
        return (
          <div className="field" key={name}>
            <label htmlFor={shared.id}>{label}</label>
            {short ? <input {...shared} /> : <textarea {...shared} className="prose" rows={2} />}
            {about && (
              <span id={about} className={refusal ? 'wrong' : 'hint'}>
                {refusal?.message ?? hint}
              </span>
            )}
          </div>
        );
      })}
      <div className="field">
        <label htmlFor={`${id}-why`}>Why</label>
        <input
          id={`${id}-why`}
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.target.value)}
          aria-describedby={`${id}-why-hint`}
        />
        <span id={`${id}-why-hint`} className="hint">
          The student sees it.
        </span>
      </div>
      {nothing && <p className="wrong">Nothing has been changed yet.</p>}
      <Refusals
        refusals={refusals.filter(
          ({ field, code }) => !fields.some(({ name }) => name === field) && code !== 'STALE_VERSION',
        )}
      />
      <div className="row">
        <Button kind="first" type="submit" busy={busy} disabled={overtaken}>
          Save the correction
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Leave it as it is
        </Button>
      </div>
    </form>
  );
}

function valuesOf(fields: CorrectedField[]): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}

export function Refusals({ refusals }: { refusals: Refusal[] }) {
  return refusals.map(({ message }) => (
    <p key={message} className="notice" data-tone="bad" role="alert">
      {message}
    </p>
  ));
}

/** That a tutor put something in their own words, and why. */
export function Corrected({
  override,
  children,
}: {
  override: OverrideShownFragment | null | undefined;
  children?: ReactNode;
}) {
  if (!override?.active) return null;
  return (
    <div className="corrected">
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path
          d="m2 9 4 4 8-10"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.400"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <p>
        <strong>In {override.tutor ? `${override.tutor.displayName}’s` : 'a tutor’s'} own words</strong>{' '}
        <span className="soft small">
          <When at={override.createdAt} />
        </span>
        {override.reason && <q>{override.reason}</q>}
      </p>
      {children}
    </div>
  );
}
