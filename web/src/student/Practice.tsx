import { useEffect, useId, useRef, useState, type FormEvent } from 'react';

import { useAct, useOnce } from '../act';
import { Title } from '../app/router';
import { graphql } from '../generated';
import type { PracticeShownFragment } from '../generated/graphql';
import { useLiveQuery } from '../live';
import { Corrected, Refusals } from '../ui/Correction';
import { Button, Empty, Pending, Problem, sentence, Sheet, Tag } from '../ui/parts';
import { Written } from '../ui/Written';

const PRACTICE = graphql(/* GraphQL */ `
  query Practice {
    viewer {
      id
      ... on Student {
        practice(first: 50, where: { completed: false }, orderBy: OLDEST) {
          nodes {
            ...PracticeShown
          }
          pageInfo {
            ...Paged
          }
        }
        ratings {
          id
          rating
          subject {
            id
            name
          }
        }
        goals(first: 20, where: { status: ACTIVE }) {
          nodes {
            id
            subject {
              id
              name
            }
          }
        }
      }
    }
  }
`);

const COMPLETE = graphql(/* GraphQL */ `
  mutation CompletePractice($id: ID!, $response: String!) {
    completePractice(input: { id: $id, response: $response }) {
      userErrors {
        ...Refused
      }
      practice {
        ...PracticeShown
      }
    }
  }
`);

const TAKE = graphql(/* GraphQL */ `
  mutation TakePractice($subjectId: ID!, $count: Int!, $key: String!) {
    takeNextPractice(input: { subjectId: $subjectId, count: $count, idempotencyKey: $key }) {
      userErrors {
        ...Refused
      }
      note
      practice {
        ...PracticeShown
      }
    }
  }
`);

const CHANGES = [
  'PRACTICE_ASSIGNED',
  'PRACTICE_COMPLETED',
  'PRACTICE_REVIEWED',
  'OVERRIDE_MADE',
  'OVERRIDE_REVERTED',
] as const;

/** One question at a time, with what came of it at once. */
export function PracticePage() {
  const { data, error, again } = useLiveQuery(PRACTICE, {}, CHANGES);
  const me = data?.viewer && 'practice' in data.viewer ? data.viewer : null;
  const open = me?.practice.nodes.filter(({ held, completed }) => !held && !completed) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [done, setDone] = useState<PracticeShownFragment | null>(null);
  const current = done ?? open.find(({ id }) => id === chosen) ?? open[0];
  const left = open.filter(({ id }) => id !== done?.id);
  // What comes before it now does not push it away, with an answer half typed.
  const shown = current?.id ?? null;
  useEffect(() => setChosen(shown), [shown]);

  return (
    <div className="page">
      <header className="row apart">
        <Title name="Practice">Practice</Title>
        {me && <p className="soft">{left.length === 0 ? 'Nothing is open' : `${left.length} to do`}</p>}
      </header>
      {error && data && <Problem>{sentence(error)}</Problem>}
      {me === null ? (
        <Pending error={error} what="your practice" />
      ) : (
        <div className="today-layout">
          {current ? (
            <Exercise
              key={current.id}
              practice={current}
              done={done !== null}
              more={left.length > 0}
              onDone={setDone}
              onNext={() => {
                setDone(null);
                setChosen(null);
                again();
              }}
            />
          ) : (
            <Empty>All done. Take more, or come back when your tutor has something for you.</Empty>
          )}
          <div className="stack">
            {left.length > 1 && (
              <Sheet title="Also waiting">
                <ul className="things waiting-list">
                  {left
                    .filter(({ id }) => id !== current?.id)
                    .map(({ id, questionText, subject }) => (
                      <li key={id}>
                        <button
                          type="button"
                          className="line"
                          onClick={() => {
                            setDone(null);
                            setChosen(id);
                          }}
                        >
                          <span>
                            <Written text={questionText} />
                          </span>
                          <span className="soft small">{subject?.name}</span>
                        </button>
                      </li>
                    ))}
                </ul>
                {me.practice.pageInfo.hasNextPage && <p className="soft small">More come up as these are done.</p>}
              </Sheet>
            )}
            <TakeMore subjects={subjectsOf(me)} onTaken={again} />
          </div>
        </div>
      )}
    </div>
  );
}

interface Named {
  id: string;
  name: string;
}

function subjectsOf(me: { ratings: { subject: Named }[]; goals: { nodes: { subject?: Named | null }[] } }): Named[] {
  const all = [
    ...me.ratings.map(({ subject }) => subject),
    ...me.goals.nodes.flatMap(({ subject }) => (subject ? [subject] : [])),
  ];
  return [...new Map(all.map(({ id, name }) => [id, { id, name }])).values()];
}

function Exercise({
  practice,
  done,
  more,
  onDone,
  onNext,
}: {
  practice: PracticeShownFragment;
  done: boolean;
  more: boolean;
  onDone: (practice: PracticeShownFragment) => void;
  onNext: () => void;
}) {
  const { act, busy, refusals } = useAct(COMPLETE);
  const [response, setResponse] = useState('');
  const id = useId();
  async function send(event: FormEvent) {
    event.preventDefault();
    const payload = await act({ id: practice.id, response });
    if (payload?.practice) onDone(payload.practice);
  }
  const chance = practice.predictedSuccess == null ? null : Math.round(Number(practice.predictedSuccess) * 100);
  return (
    <section className="sheet ruled exercise" aria-labelledby={`${id}-question`}>
      <div className="stack">
        <p className="row">
          {practice.subject && <Tag tone="blue">{practice.subject.name}</Tag>}
          {practice.difficultyLevel != null && <Tag>difficulty {practice.difficultyLevel} of 10</Tag>}
          {practice.source === 'AI_GENERATED' && (
            <Tag>{practice.flagged ? 'by the companion, no tutor has looked yet' : 'by the companion'}</Tag>
          )}
          {!done && chance !== null && <Tag>you get such right {chance} times in 100</Tag>}
        </p>
        <Corrected override={practice.activeOverride} />
        <h2 id={`${id}-question`} className="prose question">
          <Written text={practice.questionText} />
        </h2>
        {!done && practice.choiceReason && <p className="soft small">{practice.choiceReason}</p>}
        {done ? (
          <Outcome practice={practice} more={more} onNext={onNext} />
        ) : (
          <form className="stack" onSubmit={(event) => void send(event)}>
            {practice.choices.length > 0 ? (
              <fieldset className="choices" aria-labelledby={`${id}-question`}>
                {practice.choices.map((choice) => (
                  <label key={choice}>
                    <input
                      type="radio"
                      name={id}
                      required
                      value={choice}
                      checked={response === choice}
                      onChange={() => setResponse(choice)}
                    />
                    <span className="prose">
                      <Written text={choice} />
                    </span>
                  </label>
                ))}
              </fieldset>
            ) : (
              <div className="field">
                <label htmlFor={`${id}-answer`}>Your answer</label>
                {practice.answerType === 'FREE_TEXT' ? (
                  <textarea
                    id={`${id}-answer`}
                    required
                    maxLength={10000}
                    rows={2}
                    value={response}
                    onChange={(event) => setResponse(event.target.value)}
                  />
                ) : (
                  <input
                    id={`${id}-answer`}
                    required
                    maxLength={10000}
                    autoComplete="off"
                    autoCapitalize="off"
                    inputMode={practice.answerType === 'NUMERIC' ? 'decimal' : 'text'}
                    value={response}
                    onChange={(event) => setResponse(event.target.value)}
                  />
                )}
              </div>
            )}
            <Refusals refusals={refusals} />
            <div>
              <Button kind="first" type="submit" busy={busy}>
                Check
              </Button>
            </div>
          </form>
        )}
      </div>
    </section>
  );
}

function Outcome({ practice, more, onNext }: { practice: PracticeShownFragment; more: boolean; onNext: () => void }) {
  const { performanceScore, responseText, solution, studentRatingBefore: before, studentRatingAfter: after } = practice;
  const score = Number(performanceScore ?? 0);
  const tone = score >= 0.99 ? 'good' : score > 0 ? 'warn' : 'bad';
  const verdict = score >= 0.99 ? 'Right.' : score > 0 ? 'Partly right.' : 'Not yet.';
  const told = useRef<HTMLDivElement>(null);
  useEffect(() => told.current?.focus(), []);
  return (
    <div className="stack outcome" data-tone={tone} ref={told} tabIndex={-1} role="status">
      <p className="verdict">
        {verdict} {score > 0 && score < 0.99 && <span className="number">{Math.round(score * 100)} %</span>}
      </p>
      <dl>
        <div>
          <dt>You said</dt>
          <dd>
            <Written text={responseText ?? ''} />
          </dd>
        </div>
        {solution && (
          <div>
            <dt>Answer</dt>
            <dd>
              <strong>
                <Written text={solution.answer} />
              </strong>
            </dd>
          </div>
        )}
        {before != null && after != null && (
          <div>
            <dt>{practice.subject?.name ?? 'Rating'}</dt>
            <dd className="number">
              {before} <span aria-hidden="true">→</span>
              <span className="hidden"> to </span> <strong>{after}</strong>{' '}
              <Tag tone={after >= before ? 'good' : 'warn'}>
                {after >= before ? '+' : '−'}
                {Math.abs(after - before)}
              </Tag>
            </dd>
          </div>
        )}
      </dl>
      {solution?.explanation && (
        <p className="prose">
          <Written text={solution.explanation} />
        </p>
      )}
      {!solution && <p>It comes again, so its answer stays closed until then.</p>}
      <div>
        <Button kind="first" onClick={onNext}>
          {more ? 'Next question' : 'Done'}
        </Button>
      </div>
    </div>
  );
}

function TakeMore({ subjects, onTaken }: { subjects: Named[]; onTaken: () => void }) {
  const { act, busy, refusals } = useAct(TAKE);
  const [note, setNote] = useState<string | null>(null);
  const [times, setTimes] = useState(0);
  const key = useOnce(times);
  async function take(subject: Named) {
    setNote(null);
    const taken = await act({ subjectId: subject.id, count: 3, key: `${key} ${subject.id}` });
    if (!taken) return;
    setTimes(times + 1);
    const many = taken.practice.length;
    setNote([many > 0 && `${many} more in ${subject.name}.`, taken.note].filter(Boolean).join(' '));
    onTaken();
  }
  return (
    <Sheet title="Take more">
      {subjects.length === 0 ? (
        <Empty>A tutor assigns your first question.</Empty>
      ) : (
        <div className="stack">
          <p className="soft">Three questions of a difficulty that suits you now.</p>
          <div className="row">
            {subjects.map((subject) => (
              <Button key={subject.id} busy={busy} onClick={() => void take(subject)}>
                {subject.name}
              </Button>
            ))}
          </div>
          <p role="status">{note}</p>
          <Refusals refusals={refusals} />
        </div>
      )}
    </Sheet>
  );
}
