import { useState, type FormEvent } from 'react';

import { useAct } from '../act';
import { Link, Title } from '../app/router';
import { CorrectAnswer, CorrectPractice } from '../corrections';
import { graphql } from '../generated';
import type { ReviewQuery } from '../generated/graphql';
import { useLiveQuery } from '../live';
import { Refusals } from '../ui/Correction';
import { Button, Empty, Face, Pending, Problem, sentence, Tag, When } from '../ui/parts';
import { list, Listed, useWriting } from '../ui/More';
import { Sources } from '../ui/Shown';
import { Asked, Solved } from './Things';

const REVIEW = graphql(/* GraphQL */ `
  query Review($after: String) {
    reviewQueue(first: 50, after: $after) {
      totalCount
      pageInfo {
        ...Paged
      }
      nodes {
        __typename
        ... on PracticeAssignment {
          ...PracticeShown
          student {
            id
            displayName
          }
        }
        ... on Question {
          ...QuestionWithSources
          student {
            id
            displayName
          }
        }
      }
    }
  }
`);

const APPROVE = graphql(/* GraphQL */ `
  mutation Approve($id: ID!) {
    approvePractice(input: { id: $id }) {
      userErrors {
        ...Refused
      }
      practice {
        ...PracticeShown
      }
    }
  }
`);

const REJECT = graphql(/* GraphQL */ `
  mutation Reject($id: ID!) {
    rejectPractice(input: { id: $id }) {
      userErrors {
        ...Refused
      }
      practice {
        ...PracticeShown
      }
    }
  }
`);

const ANSWER = graphql(/* GraphQL */ `
  mutation AnswerQuestion($input: AnswerQuestionInput!) {
    answerQuestion(input: $input) {
      userErrors {
        ...Refused
      }
      question {
        ...QuestionShown
      }
    }
  }
`);

type Item = ReviewQuery['reviewQueue']['nodes'][number];
type PracticeItem = Extract<Item, { __typename: 'PracticeAssignment' }>;
type QuestionItem = Extract<Item, { __typename: 'Question' }>;

const CHANGES = [
  'QUESTION_ESCALATED',
  'QUESTION_ANSWERED',
  'PRACTICE_ASSIGNED',
  'PRACTICE_COMPLETED',
  'PRACTICE_REVIEWED',
  'OVERRIDE_MADE',
  'OVERRIDE_REVERTED',
  'ASSIGNMENT_BEGUN',
  'ASSIGNMENT_ENDED',
] as const;

const QUEUE = list({ what: 'to review', query: REVIEW, of: ({ reviewQueue }) => reviewQueue });

/** What waits for a tutor: practice that nobody has looked at, and questions that the companion was not sure of. */
export function ReviewPage() {
  const { data, error, again } = useLiveQuery(REVIEW, {}, CHANGES);
  const queue = data?.reviewQueue;
  return (
    <div className="page narrow">
      <header>
        <Title name="Review">Review</Title>
        <p className="soft">What has waited longest comes first.</p>
        <p className="hidden" role="status">
          {queue && `${queue.totalCount} to review`}
        </p>
      </header>
      {error && data && <Problem>{sentence(error)}</Problem>}
      {!queue ? (
        <Pending error={error} what="what waits" />
      ) : (
        <div className="stack">
          {queue.nodes.length === 0 && <Empty>Nothing waits. What comes up shows up here by itself.</Empty>}
          <Listed list={QUEUE} first={queue} variables={(after) => ({ after })} kinds={CHANGES} className="stack">
            {(item, further) => {
              const done = () => {
                again();
                further();
              };
              return item.__typename === 'Question' ? (
                <QuestionCard question={item} onDone={done} />
              ) : (
                <PracticeCard practice={item} onDone={done} />
              );
            }}
          </Listed>
        </div>
      )}
    </div>
  );
}

function Head({
  student,
  at,
  children,
}: {
  student: { id: string; displayName: string };
  at: string;
  children: React.ReactNode;
}) {
  return (
    <header className="row">
      <span className="row" data-role="Student">
        <Face name={student.displayName} />
        <Link to={`/tutor/students/${student.id}`}>{student.displayName}</Link>
      </span>
      {children}
      <span className="soft small">
        <When at={at} />
      </span>
    </header>
  );
}

function PracticeCard({ practice: listed, onDone }: { practice: PracticeItem; onDone: () => void }) {
  const [correcting, setCorrecting] = useState(false);
  const practice = useWriting(listed, correcting);
  const approve = useAct(APPROVE);
  const reject = useAct(REJECT);
  const run = (act: typeof approve.act) => void act({ id: practice.id }).then((done) => done && onDone());
  return (
    <article className="sheet" aria-label={`Practice for ${practice.student.displayName}`}>
      <Head student={practice.student} at={practice.assignedAt}>
        <Tag tone="warn">{practice.held ? 'practice, kept back until you look' : 'practice by the companion'}</Tag>
      </Head>
      <div className="stack">
        <Solved practice={practice} />
        {correcting ? (
          <CorrectPractice
            of={practice}
            onClose={() => {
              setCorrecting(false);
              onDone();
            }}
          />
        ) : (
          <div className="row">
            <Button kind="first" busy={approve.busy || reject.busy} onClick={() => run(approve.act)}>
              Approve
            </Button>
            <Button onClick={() => setCorrecting(true)}>Correct it</Button>
            <Button kind="quiet" busy={approve.busy || reject.busy} onClick={() => run(reject.act)}>
              Not for {practice.student.displayName.split(' ')[0]}
            </Button>
          </div>
        )}
        <Refusals refusals={[...approve.refusals, ...reject.refusals]} />
      </div>
    </article>
  );
}

function why({ outcome, escalatedTo }: QuestionItem): string {
  if (outcome === 'SAFEGUARDING') return 'may be in danger: talk to them now';
  return escalatedTo ? `asks ${escalatedTo.displayName}` : 'the companion was not sure';
}

function QuestionCard({ question: listed, onDone }: { question: QuestionItem; onDone: () => void }) {
  const [doing, setDoing] = useState<'answer' | 'correct' | null>(null);
  const question = useWriting(listed, doing !== null);
  return (
    <article className="sheet" aria-label={`Question of ${question.student.displayName}`}>
      <Head student={question.student} at={question.createdAt}>
        <Tag tone="bad">{why(question)}</Tag>
      </Head>
      <div className="stack">
        <Asked question={question} />
        {question.citations.length > 0 && <Sources of={question.citations} />}
        {doing === 'answer' && <AnswerForm question={question} onClose={() => setDoing(null)} onDone={onDone} />}
        {doing === 'correct' && (
          <CorrectAnswer
            of={question}
            onClose={() => {
              setDoing(null);
              onDone();
            }}
          />
        )}
        {doing === null && (
          <div className="row">
            <Button kind="first" onClick={() => setDoing('answer')}>
              Answer it yourself
            </Button>
            {question.answer && <Button onClick={() => setDoing('correct')}>Correct the companion’s answer</Button>}
          </div>
        )}
      </div>
    </article>
  );
}

/** Keeps the version that the tutor began with, as a correction does. */
function AnswerForm({
  question,
  onClose,
  onDone,
}: {
  question: QuestionItem;
  onClose: () => void;
  onDone: () => void;
}) {
  const [text, setText] = useState('');
  const [right, setRight] = useState('');
  const { act, busy, refusals } = useAct(ANSWER);
  const [base, setBase] = useState(question.version);
  const overtaken = question.version !== base && !busy;
  async function send(event: FormEvent) {
    event.preventDefault();
    const companionRight = right === '' ? null : right === 'yes';
    if (await act({ input: { id: question.id, expectedVersion: base, answer: text, companionRight } })) {
      onClose();
      onDone();
    }
  }
  const name = `right-${question.id}`;
  return (
    <form className="correction stack" onSubmit={(event) => void send(event)} aria-label="Answer the question">
      {overtaken && (
        <div className="notice conflict stack" data-tone="warn" role="alert">
          <p>
            <strong>Somebody was here while you were writing.</strong> What stands above is how it is now.
          </p>
          <div className="row">
            <Button onClick={() => setBase(question.version)}>Go on with mine</Button>
          </div>
        </div>
      )}
      <div className="field">
        <label htmlFor={`answer-${question.id}`}>Your answer</label>
        <textarea
          id={`answer-${question.id}`}
          className="prose"
          required
          maxLength={10000}
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {question.answer && (
        <fieldset className="row">
          <legend className="small">Was the companion’s own answer right?</legend>
          {[
            ['', 'not said'],
            ['yes', 'yes'],
            ['no', 'no'],
          ].map(([value, label]) => (
            <label key={value} className="choice">
              <input
                type="radio"
                name={name}
                value={value}
                checked={right === value}
                onChange={() => setRight(value ?? '')}
              />{' '}
              {label}
            </label>
          ))}
        </fieldset>
      )}
      <Refusals refusals={refusals.filter(({ code }) => code !== 'STALE_VERSION')} />
      <div className="row">
        <Button kind="first" type="submit" busy={busy} disabled={overtaken}>
          Send to {question.student.displayName.split(' ')[0]}
        </Button>
        <Button kind="quiet" onClick={onClose}>
          Not now
        </Button>
      </div>
    </form>
  );
}
