import { useAct } from '../act';
import { go, Link, Title } from '../app/router';
import { graphql } from '../generated';
import type { NudgeShownFragment, TodayQuery } from '../generated/graphql';
import { useLiveQuery, useViewer } from '../live';
import { Corrected } from '../ui/Correction';
import { Button, day, Empty, Meter, Pending, Problem, sentence, Sheet, When } from '../ui/parts';
import { Strip } from '../ui/Strip';
import { Written } from '../ui/Written';

const TODAY = graphql(/* GraphQL */ `
  query Today {
    viewer {
      id
      ... on Student {
        displayName
        details {
          gamification {
            ...GameShown
          }
        }
        nudges(first: 3, where: { opened: false }) {
          nodes {
            ...NudgeShown
          }
        }
        goals(first: 4, where: { status: ACTIVE }) {
          nodes {
            ...GoalShown
          }
        }
        sessions(first: 3) {
          nodes {
            ...SessionShown
          }
        }
        practice(first: 20, where: { completed: false }) {
          totalCount
          nodes {
            ...PracticeShown
          }
        }
        questions(first: 3, where: { answered: true }) {
          nodes {
            ...QuestionShown
          }
        }
      }
    }
  }
`);

const OPENED = graphql(/* GraphQL */ `
  mutation NudgeOpened($id: ID!) {
    markNudgeOpened(input: { id: $id }) {
      userErrors {
        ...Refused
      }
      nudge {
        ...NudgeShown
      }
    }
  }
`);

const CLICKED = graphql(/* GraphQL */ `
  mutation NudgeFollowed($id: ID!) {
    markNudgeClicked(input: { id: $id }) {
      userErrors {
        ...Refused
      }
      nudge {
        ...NudgeShown
      }
    }
  }
`);

type Me = Extract<NonNullable<TodayQuery['viewer']>, { displayName: string }>;

const CHANGES = [
  'NUDGE_SENT',
  'NUDGE_OPENED',
  'SUMMARY_READY',
  'PRACTICE_ASSIGNED',
  'PRACTICE_COMPLETED',
  'PRACTICE_REVIEWED',
  'QUESTION_ANSWERED',
  'GOAL_PROGRESS',
] as const;

/** What a student does next. */
export function TodayPage() {
  const { data, error, again } = useLiveQuery(TODAY, {}, CHANGES);
  const viewer = useViewer();
  const [first = ''] = viewer.displayName.split(' ');
  const me = data?.viewer && 'displayName' in data.viewer ? (data.viewer as Me) : null;
  return (
    <div className="page">
      <header className="today-head">
        <Title name="Today">
          {greeting()}, {first}
        </Title>
        {me?.details && <Strip game={me.details.gamification} />}
      </header>
      {error && data && <Problem>{sentence(error)}</Problem>}
      {me === null ? (
        <Pending error={error} what="what comes next" />
      ) : (
        <>
          {me.nudges.nodes.map((nudge) => (
            <NudgeCard key={nudge.id} nudge={nudge} onDone={again} />
          ))}
          <div className="today-layout">
            <div className="stack">
              <NextSteps sessions={me.sessions.nodes} />
              <Latest session={me.sessions.nodes[0]} />
            </div>
            <div className="stack">
              <ToDo practice={me.practice} />
              <Answered questions={me.questions.nodes} />
              <Sheet title="Goals" aside={<Link to="/student/progress">All progress</Link>}>
                <div className="stack">
                  {me.goals.nodes.map((goal) => (
                    <Meter key={goal.id} label={goal.title} percent={Number(goal.completionPercentage)} />
                  ))}
                  {me.goals.nodes.length === 0 && <Empty>Set a goal with your tutor.</Empty>}
                </div>
              </Sheet>
            </div>
          </div>
        </>
      )}
    </div>
  );
}

function greeting(hour = new Date().getHours()): string {
  if (hour >= 5 && hour < 12) return 'Good morning';
  return hour >= 12 && hour < 18 ? 'Good afternoon' : 'Good evening';
}

function NudgeCard({ nudge, onDone }: { nudge: NudgeShownFragment; onDone: () => void }) {
  const opened = useAct(OPENED);
  const clicked = useAct(CLICKED);
  return (
    <section className="nudge" aria-label="A nudge">
      <p className="prose">{nudge.message}</p>
      <p className="soft small">
        <When at={nudge.sentAt} />
        {nudge.triggerReason && <> · why: {nudge.triggerReason}</>}
      </p>
      <div className="row">
        <Button
          kind="first"
          busy={clicked.busy}
          onClick={() => void clicked.act({ id: nudge.id }).then(() => go('/student/practice'))}
        >
          Let’s go
        </Button>
        <Button busy={opened.busy} onClick={() => void opened.act({ id: nudge.id }).then(onDone)}>
          Got it
        </Button>
      </div>
    </section>
  );
}

/** What the last session of each subject left to do. */
function NextSteps({ sessions }: { sessions: Me['sessions']['nodes'] }) {
  const shown = sessions.filter(({ summaries }) => summaries.some(({ nextSteps }) => nextSteps.length > 0));
  return (
    <Sheet title="Next steps">
      {shown.length === 0 && <Empty>They come with the summary of your next session.</Empty>}
      <ol className="next-steps">
        {shown.flatMap(({ subject, startedAt, summaries }) =>
          (summaries[0]?.nextSteps ?? []).slice(0, 2).map((step) => (
            <li key={`${startedAt}${step}`}>
              <span className="prose">{step}</span>
              <span className="soft small">
                {subject?.name}, from {day(startedAt)}
              </span>
            </li>
          )),
        )}
      </ol>
    </Sheet>
  );
}

function Latest({ session }: { session: Me['sessions']['nodes'][number] | undefined }) {
  const summary = session?.summaries[0];
  if (!session || !summary) return null;
  return (
    <Sheet
      ruled
      title="Last session"
      aside={
        <span className="soft small">
          {session.subject?.name} · {day(session.startedAt)}
        </span>
      }
    >
      <div className="stack" aria-live="polite">
        <Corrected override={summary.activeOverride} />
        <p className="prose" key={summary.version} data-testid="narrative">
          {summary.narrative}
        </p>
      </div>
    </Sheet>
  );
}

function ToDo({ practice }: { practice: Me['practice'] }) {
  const open = practice.nodes.filter(({ held }) => !held);
  const [first] = open;
  return (
    <Sheet title="Practice" aside={open.length > 0 && <span className="soft small">{open.length} to do</span>}>
      {first ? (
        <div className="stack">
          <p className="prose">
            <Written text={first.questionText} />
          </p>
          <p>
            <Link to="/student/practice" className="button first">
              Start
            </Link>
          </p>
        </div>
      ) : (
        <p>
          Nothing is open. <Link to="/student/practice">Take more</Link>
        </p>
      )}
    </Sheet>
  );
}

function Answered({ questions }: { questions: Me['questions']['nodes'] }) {
  const [last] = questions.filter(({ tutorAnswer }) => tutorAnswer);
  if (!last) return null;
  return (
    <Sheet title={`${last.answeredBy?.displayName ?? 'A tutor'} answered you`}>
      <p className="soft">
        <Written text={last.query} />
      </p>
      <p className="prose">
        <Written text={last.tutorAnswer ?? ''} />
      </p>
    </Sheet>
  );
}
