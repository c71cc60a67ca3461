import { useRef, useState } from 'react';

import { useAct } from '../act';
import { Missing } from '../app/Missing';
import { Link, Title } from '../app/router';
import { CorrectSummary, TakeBack } from '../corrections';
import { graphql } from '../generated';
import type { SessionPageQuery } from '../generated/graphql';
import { hasCode, useLiveQuery } from '../live';
import { Corrected, Refusals } from '../ui/Correction';
import { Button, Empty, Pending, Problem, sentence, Sheet, Tag, When } from '../ui/parts';
import { NextSteps } from '../ui/Shown';

const SESSION = graphql(/* GraphQL */ `
  query SessionPage($id: ID!) {
    node(id: $id) {
      ... on Session {
        id
        startedAt
        durationMinutes
        topicsCovered
        transcriptAvailable
        notes
        subject {
          id
          name
        }
        tutor {
          id
          displayName
        }
        student {
          id
          displayName
        }
        transcript {
          wordCount
          turns {
            speaker
            text
          }
        }
        summaries {
          ...SummaryShown
          claims {
            position
            part
            text
            status
            turnNumbers
          }
          overrides(first: 20) {
            nodes {
              ...OverrideShown
              revertedAt
              revertedBy {
                id
                displayName
              }
              content {
                before {
                  ... on SummaryContent {
                    narrative
                  }
                }
              }
            }
          }
        }
      }
    }
  }
`);

const REGENERATE = graphql(/* GraphQL */ `
  mutation Regenerate($input: RegenerateSummaryInput!) {
    regenerateSummary(input: $input) {
      userErrors {
        ...Refused
      }
      summary {
        ...SummaryShown
      }
    }
  }
`);

type Session = Extract<NonNullable<SessionPageQuery['node']>, { startedAt: string }>;
type Summary = Session['summaries'][number];
type Claim = Summary['claims'][number];

const CHANGES = ['SUMMARY_READY', 'OVERRIDE_MADE', 'OVERRIDE_REVERTED', 'ASSIGNMENT_ENDED'] as const;

/** A session: what the companion made of it, beside what was said. */
export function SessionPage({ id }: { id: string }) {
  const { data, error } = useLiveQuery(SESSION, { id }, CHANGES);
  const [chosen, setChosen] = useState<number | null>(null);
  const transcript = useRef<HTMLOListElement>(null);
  const session = data?.node && 'startedAt' in data.node ? data.node : null;
  if (data?.node === null || hasCode(error, 'BAD_ID')) return <Missing />;
  if (session === null) {
    return (
      <div className="page">
        <Pending error={error} what="the session" />
      </div>
    );
  }
  const claims = session.summaries.flatMap((summary) => summary.claims);
  const marked = new Set(claims.find(({ position }) => position === chosen)?.turnNumbers);

  function choose(claim: Claim) {
    const again = claim.position === chosen;
    setChosen(again ? null : claim.position);
    const [first] = claim.turnNumbers;
    if (again || first === undefined) return;
    transcript.current?.children[first - 1]?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }

  return (
    <div className="page">
      <header className="stack" style={{ '--gap': '0.25rem' } as React.CSSProperties}>
        <p className="small">
          <Link to={`/tutor/students/${session.student.id}`}>{session.student.displayName}</Link>
        </p>
        <Title name={session.topicsCovered.join(', ') || 'Session'}>
          {session.topicsCovered.join(', ') || session.subject?.name || 'Session'}
        </Title>
        <p className="soft">
          {[
            session.subject?.name,
            new Date(session.startedAt).toLocaleDateString('en-GB', {
              weekday: 'long',
              day: 'numeric',
              month: 'long',
              year: 'numeric',
            }),
            session.durationMinutes && `${session.durationMinutes} minutes`,
            session.tutor && `with ${session.tutor.displayName}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </header>
      {error && <Problem>{sentence(error)}</Problem>}
      <div className="session-layout">
        <div className="stack">
          {session.summaries.map((summary) => (
            <SummarySheet
              key={summary.id}
              summary={summary}
              chosen={chosen}
              onChoose={choose}
              heard={session.transcriptAvailable}
            />
          ))}
          {session.summaries.length === 0 && (
            <Sheet title="Summary">
              <p className="soft">It has not been written yet. It shows up here by itself.</p>
            </Sheet>
          )}
          {session.notes && (
            <Sheet title="Your notes" aside={<Tag>only you see them</Tag>}>
              <p className="prose">{session.notes}</p>
            </Sheet>
          )}
        </div>
        <Sheet
          title="What was said"
          aside={session.transcript && <span className="soft small">{session.transcript.wordCount} words</span>}
        >
          {session.transcript ? (
            // It scrolls by itself, so that the keyboard must get into it.
            <ol className="transcript" ref={transcript} tabIndex={0} aria-label="Transcript">
              {session.transcript.turns.map(({ speaker, text }, index) => (
                <li key={index} data-speaker={speaker} data-marked={marked.has(index + 1) || undefined}>
                  <span className="turn-number number" aria-hidden="true">
                    {index + 1}
                  </span>
                  <span className="speaker">
                    {speaker === 'TUTOR' ? 'Tutor' : session.student.displayName.split(' ')[0]}
                  </span>
                  <span className="prose">{marked.has(index + 1) ? <mark>{text}</mark> : text}</span>
                </li>
              ))}
            </ol>
          ) : (
            <Empty>
              {session.transcriptAvailable
                ? 'The transcript cannot be read just now.'
                : 'There is no transcript of this session.'}
            </Empty>
          )}
        </Sheet>
      </div>
    </div>
  );
}

function SummarySheet({
  summary,
  chosen,
  onChoose,
  heard,
}: {
  summary: Summary;
  chosen: number | null;
  onChoose: (claim: Claim) => void;
  heard: boolean;
}) {
  const [correcting, setCorrecting] = useState(false);
  const { act, busy, refusals } = useAct(REGENERATE);
  const [awaited, setAwaited] = useState<number | null>(null);
  const writing = awaited === summary.version;
  return (
    <Sheet
      ruled
      title="Summary"
      aside={
        <span className="row">
          {summary.generation && !summary.overridden && (
            <Tag>{summary.generation.engine === 'OPENAI' ? 'written by the model' : 'the session’s own words'}</Tag>
          )}
          <Tag>version {summary.version}</Tag>
        </span>
      }
    >
      <div className="stack">
        <Corrected override={summary.activeOverride}>
          {summary.activeOverride && <TakeBack override={summary.activeOverride} version={summary.version} />}
        </Corrected>
        {correcting ? (
          <CorrectSummary of={summary} onClose={() => setCorrecting(false)} />
        ) : (
          <>
            <p className="prose" data-testid="narrative">
              {summary.narrative}
            </p>
            <NextSteps steps={summary.nextSteps} />
            <div className="row">
              <Button kind="first" onClick={() => setCorrecting(true)}>
                Correct it
              </Button>
              {heard && !summary.overridden && (
                <Button
                  busy={busy || writing}
                  onClick={() =>
                    void act({ input: { id: summary.id, expectedVersion: summary.version } }).then((done) => {
                      if (done) setAwaited(summary.version);
                    })
                  }
                >
                  {writing ? 'The companion is writing' : 'Have it written anew'}
                </Button>
              )}
            </div>
            <Refusals refusals={refusals} />
          </>
        )}
        <Claims claims={summary.claims} chosen={chosen} onChoose={onChoose} overridden={summary.overridden} />
        <History overrides={summary.overrides.nodes} />
      </div>
    </Sheet>
  );
}

/** Each sentence with the turns that it rests on; choosing one marks them. */
function Claims({
  claims,
  chosen,
  onChoose,
  overridden,
}: {
  claims: readonly Claim[];
  chosen: number | null;
  onChoose: (claim: Claim) => void;
  overridden: boolean;
}) {
  if (claims.length === 0) {
    return (
      <p className="soft small">
        {overridden
          ? 'These are a tutor’s words: they rest on no turns.'
          : 'A person wrote this: nobody has noted which turns it rests on.'}
      </p>
    );
  }
  return (
    <div>
      <h3>What it rests on</h3>
      <ul className="claims">
        {claims.map((claim) => (
          <li key={claim.position}>
            <button type="button" aria-pressed={claim.position === chosen} onClick={() => onChoose(claim)}>
              <span className="prose">{claim.text}</span>
              {claim.status === 'SUPPORTED' ? (
                <Tag tone="blue">
                  {claim.turnNumbers.length === 1 ? 'turn' : 'turns'} {claim.turnNumbers.join(', ')}
                </Tag>
              ) : (
                <Tag tone="bad">left out: nothing said bears it out</Tag>
              )}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function History({ overrides }: { overrides: Summary['overrides']['nodes'] }) {
  if (overrides.length === 0) return null;
  return (
    <details className="history">
      <summary>
        {overrides.length} {overrides.length === 1 ? 'correction' : 'corrections'} so far
      </summary>
      <ol className="stack">
        {overrides.map((each) => (
          <li key={each.id}>
            <p className="small">
              <strong>{each.tutor?.displayName ?? 'A tutor'}</strong> <When at={each.createdAt} />
              {each.reason && <>: {each.reason}</>}
              {each.revertedAt && (
                <span className="soft">
                  {' '}
                  (taken back by {each.revertedBy?.displayName ?? 'a tutor'}, <When at={each.revertedAt} />)
                </span>
              )}
            </p>
            {each.content?.before && 'narrative' in each.content.before && (
              <p className="prose soft">Before: {each.content.before.narrative}</p>
            )}
          </li>
        ))}
      </ol>
    </details>
  );
}
