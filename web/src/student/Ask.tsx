import { useEffect, useRef, useState, type FormEvent } from 'react';

import { useAct } from '../act';
import { Title } from '../app/router';
import { graphql } from '../generated';
import type { AskPageQuery } from '../generated/graphql';
import { useConnection, useLiveQuery } from '../live';
import { Corrected, Refusals } from '../ui/Correction';
import { Button, Empty, Face, Pending, Problem, sentence, Sheet, Tag, When } from '../ui/parts';
import { Listed, QUESTIONS } from '../ui/More';
import { Sources } from '../ui/Shown';
import { Written } from '../ui/Written';

const ASK_PAGE = graphql(/* GraphQL */ `
  query AskPage {
    viewer {
      id
      ... on Student {
        questions(first: 15) {
          nodes {
            ...QuestionWithSources
          }
          pageInfo {
            ...Paged
          }
        }
        tutorAssignments(first: 20, where: { status: ACTIVE }) {
          nodes {
            id
            tutor {
              id
              displayName
            }
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

const STREAM = graphql(/* GraphQL */ `
  subscription AnswerStream($query: String!) {
    answerStream(query: $query) {
      text
      disclaimer
      userErrors {
        ...Refused
      }
      question {
        ...QuestionWithSources
      }
    }
  }
`);

const REVEAL = graphql(/* GraphQL */ `
  mutation Reveal($id: ID!) {
    revealAnswer(input: { id: $id }) {
      userErrors {
        ...Refused
      }
      question {
        ...QuestionWithSources
      }
    }
  }
`);

const ESCALATE = graphql(/* GraphQL */ `
  mutation Escalate($id: ID!, $tutorId: ID) {
    escalateQuestion(input: { id: $id, tutorId: $tutorId }) {
      userErrors {
        ...Refused
      }
      question {
        ...QuestionShown
      }
    }
  }
`);

type Me = Extract<NonNullable<AskPageQuery['viewer']>, { questions: unknown }>;
type Question = Me['questions']['nodes'][number];
type Tutors = Me['tutorAssignments']['nodes'];

const CHANGES = ['QUESTION_ANSWERED', 'QUESTION_ESCALATED', 'OVERRIDE_MADE', 'OVERRIDE_REVERTED'] as const;

/** Ask the companion: a hint comes first, and the answer when one wants it. */
export function AskPage() {
  const { data, error, again } = useLiveQuery(ASK_PAGE, {}, CHANGES);
  const me = data?.viewer && 'questions' in data.viewer ? data.viewer : null;
  // Until the list has it too.
  const [latest, setLatest] = useState<Question | null>(null);
  const listed = me?.questions.nodes ?? [];
  const shown = latest && !listed.some(({ id }) => id === latest.id) ? [latest, ...listed] : listed;
  return (
    <div className="page">
      <header>
        <Title name="Ask">Ask</Title>
        <p className="soft">A hint comes first. The answer is there when you want it.</p>
      </header>
      <div className="today-layout">
        <div className="stack">
          <AskForm
            onAnswered={(question) => {
              setLatest(question);
              again();
            }}
          />
          {error && data && <Problem>{sentence(error)}</Problem>}
          {me === null && <Pending error={error} what="what you asked" />}
          {me !== null && shown.length === 0 && <Empty>You have asked nothing yet.</Empty>}
          {me !== null && (
            <Listed
              list={QUESTIONS}
              first={{ ...me.questions, nodes: shown }}
              variables={(after) => ({ id: me.id, after })}
              kinds={CHANGES}
              className="stack"
            >
              {(question) => <QuestionCard question={question} tutors={me.tutorAssignments.nodes} />}
            </Listed>
          )}
        </div>
        {me !== null && (
          <Sheet title="Where answers come from">
            <div className="stack">
              <p>
                Your sessions and goals, the practice that you have done, and what your tutors have given it to read.
                Nothing else.
              </p>
              <p>It can be wrong. Its sources stand below each answer.</p>
              {me.tutorAssignments.nodes.length > 0 && (
                <div>
                  <h3>Your tutors can answer too</h3>
                  <ul className="things">
                    {me.tutorAssignments.nodes.map(({ id, tutor, subject }) => (
                      <li key={id} className="row" data-role="Tutor">
                        <Face name={tutor?.displayName ?? 'Tutor'} />
                        <span>
                          {tutor?.displayName} <span className="soft small">{subject?.name ?? 'all subjects'}</span>
                        </span>
                      </li>
                    ))}
                  </ul>
                </div>
              )}
            </div>
          </Sheet>
        )}
      </div>
    </div>
  );
}

/** What is said while it is said. */
interface Saying {
  query: string;
  text: string;
}

function AskForm({ onAnswered }: { onAnswered: (question: Question | null) => void }) {
  const { client, socket } = useConnection();
  const [query, setQuery] = useState('');
  const [saying, setSaying] = useState<Saying | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [disclaimer, setDisclaimer] = useState<string | null>(null);
  const [reply, setReply] = useState('');
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => stop.current(), []);

  function ask(event: FormEvent) {
    event.preventDefault();
    const asked = query.trim();
    if (!asked || saying) return;
    setProblem(null);
    setReply('');
    setSaying({ query: asked, text: '' });

    function end(why: string | null, question: Question | null = null) {
      stop.current();
      stop.current = () => undefined;
      setSaying(null);
      setProblem(why);
      if (why === null) setQuery('');
      if (question) setReply(question.answer ?? question.hint ?? '');
      onAnswered(question);
    }
    const { unsubscribe } = client.subscription(STREAM, { query: asked }).subscribe(({ data, error }) => {
      if (error) return end(sentence(error));
      const part = data?.answerStream;
      if (!part) return;
      if (part.userErrors[0]) return end(part.userErrors[0].message);
      setSaying((before) => before && { ...before, text: before.text + part.text });
      if (part.disclaimer) setDisclaimer(part.disclaimer);
      if (part.question) end(null, part.question);
    });
    // Asked again when the connection comes back, it would give the answer away: what was said is kept, and is read.
    const unhear = socket.on('closed', () =>
      end('The connection was lost. If the companion had heard you, its reply is below.'),
    );
    stop.current = () => {
      unhear();
      unsubscribe();
    };
  }

  return (
    <form className="ask stack" onSubmit={ask}>
      <div className="field">
        <label htmlFor="ask">Your question</label>
        <textarea
          id="ask"
          rows={2}
          required
          maxLength={2000}
          value={query}
          placeholder="About anything you learn"
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
      </div>
      <div className="row apart">
        <Button kind="first" type="submit" busy={saying !== null}>
          {saying ? 'The companion is answering' : 'Ask'}
        </Button>
        <p className="soft small">Ctrl and Enter ask as well.</p>
      </div>
      {disclaimer && (
        <p className="notice" data-tone="blue">
          {disclaimer}
        </p>
      )}
      {problem && <Problem>{problem}</Problem>}
      {/* To those who do not see it come, in one. */}
      <p className="hidden" role="status">
        {reply && `The companion replied: ${reply}`}
      </p>
      {saying && (
        <div className="sheet ruled" aria-busy="true">
          <p className="prose question">
            <Written text={saying.query} />
          </p>
          <p className="prose saying">
            <Written text={saying.text} />
          </p>
        </div>
      )}
    </form>
  );
}

const SURE = {
  HIGH: { tone: 'good', text: 'sure of this' },
  MEDIUM: { tone: 'blue', text: 'fairly sure of this' },
  LOW: { tone: 'warn', text: 'not sure of this' },
} as const;

function QuestionCard({ question, tutors }: { question: Question; tutors: Tutors }) {
  const reveal = useAct(REVEAL);
  const told = useRef<HTMLParagraphElement>(null);
  const wanted = useRef(false);
  const { query, outcome, hint, answer, tutorAnswer, answeredBy, escalatedTo, confidence, activeOverride, citations } =
    question;
  const sure = SURE[confidence];
  const answered = outcome === 'ANSWERED';
  useEffect(() => {
    if (!wanted.current || answer === null) return;
    wanted.current = false;
    told.current?.focus({ preventScroll: true });
  }, [answer]);
  function show() {
    wanted.current = true;
    void reveal.act({ id: question.id });
  }
  return (
    <article className="sheet ruled" aria-label={query}>
      <div className="stack">
        <header className="row apart">
          <h2 className="prose question">
            <Written text={query} />
          </h2>
          <span className="soft small">
            <When at={question.createdAt} />
          </span>
        </header>
        {hint && answered && !tutorAnswer && answer === null && (
          <div className="hint-first">
            <p className="small">
              <strong>A hint first</strong>
            </p>
            <p className="prose">
              <Written text={hint} />
            </p>
          </div>
        )}
        {outcome === 'OWN_PRACTICE' && hint && (
          <p className="prose">
            <Written text={hint} />
          </p>
        )}
        <Corrected override={activeOverride} />
        {answer && (
          <p
            ref={told}
            tabIndex={-1}
            className={outcome === 'SAFEGUARDING' ? 'prose notice' : 'prose'}
            data-tone="bad"
            data-testid="answer"
          >
            <Highlighted text={answer} part={activeOverride ? null : question.highlight} />
          </p>
        )}
        {citations.length > 0 && (
          <details className="rests-on">
            <summary>
              {citations.length} {citations.length === 1 ? 'source' : 'sources'}
            </summary>
            <Sources of={citations} />
          </details>
        )}
        {tutorAnswer && (
          <div className="tutor-answer">
            <p className="small">
              <strong>{answeredBy?.displayName ?? 'Your tutor'} answered</strong>
            </p>
            <p className="prose">
              <Written text={tutorAnswer} />
            </p>
          </div>
        )}
        <div className="row">
          {answered && !activeOverride && <Tag tone={sure.tone}>the companion is {sure.text}</Tag>}
          {answered && answer === null && !tutorAnswer && (
            <Button busy={reveal.busy} onClick={show}>
              Show me the answer
            </Button>
          )}
          {!tutorAnswer && !activeOverride && outcome !== 'OUT_OF_SCOPE' && (
            <Escalation
              id={question.id}
              to={escalatedTo?.displayName ?? null}
              advised={question.tutorEscalationSuggested}
              tutors={tutors}
            />
          )}
        </div>
        <Refusals refusals={reveal.refusals} />
      </div>
    </article>
  );
}

function Highlighted({ text, part }: { text: string; part: string | null | undefined }) {
  const at = part ? text.indexOf(part) : -1;
  if (!part || at < 0) return <Written text={text} />;
  return (
    <>
      <Written text={text.slice(0, at)} />
      <mark>
        <Written text={part} />
      </mark>
      <Written text={text.slice(at + part.length)} />
    </>
  );
}

function Escalation({ id, to, advised, tutors }: { id: string; to: string | null; advised: boolean; tutors: Tutors }) {
  const { act, busy, refusals } = useAct(ESCALATE);
  const named = [...new Map(tutors.flatMap(({ tutor }) => (tutor ? [[tutor.id, tutor] as const] : []))).values()];
  const [chosen, setChosen] = useState('');
  const [choosing, setChoosing] = useState(false);
  if (to !== null) return <Tag tone="good">{to} has it</Tag>;
  const [only] = named;
  if (only === undefined) return null;
  const pass = (tutorId: string) => void act({ id, tutorId });
  if (!choosing) {
    return (
      <>
        <Button
          kind={advised ? '' : 'quiet'}
          busy={busy}
          onClick={() => (named.length > 1 ? setChoosing(true) : pass(only.id))}
        >
          {named.length > 1 ? 'Ask a tutor' : `Ask ${only.displayName}`}
        </Button>
        <Refusals refusals={refusals} />
      </>
    );
  }
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        pass(chosen || only.id);
      }}
    >
      <select aria-label="Which tutor" autoFocus value={chosen} onChange={(event) => setChosen(event.target.value)}>
        {named.map((tutor) => (
          <option key={tutor.id} value={tutor.id}>
            {tutor.displayName}
          </option>
        ))}
      </select>
      <Button type="submit" busy={busy}>
        Pass it on
      </Button>
      <Refusals refusals={refusals} />
    </form>
  );
}
