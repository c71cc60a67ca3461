import { Link, Title } from '../app/router';
import { graphql } from '../generated';
import { useLiveQuery } from '../live';
import { list, Listed } from '../ui/More';
import { Empty, Face, Meter, Pending, Problem, sentence, Sheet, Tag, When } from '../ui/parts';
import { alertsOf, type Alert, type ListedStudent, type Waiting } from './alerts';

export const LISTED = graphql(/* GraphQL */ `
  fragment ListedStudent on Student {
    id
    displayName
    goals(first: 4, where: { status: ACTIVE }) {
      nodes {
        ...GoalShown
      }
    }
    reached: goals(first: 3, where: { status: COMPLETED, confirmed: false }) {
      nodes {
        ...GoalShown
      }
    }
    sessions(first: 2) {
      nodes {
        ...SessionShown
      }
    }
    done: practice(first: 10, where: { completed: true }) {
      nodes {
        ...PracticeShown
      }
    }
    questions(first: 2) {
      nodes {
        ...QuestionShown
      }
    }
    overrides(first: 2) {
      nodes {
        ...OverrideShown
      }
    }
  }
`);

const STUDENTS = graphql(/* GraphQL */ `
  query Students {
    students(first: 50) {
      nodes {
        ...ListedStudent
      }
      pageInfo {
        ...Paged
      }
    }
    reviewQueue(first: 50) {
      totalCount
      nodes {
        __typename
        ... on PracticeAssignment {
          id
          student {
            id
          }
        }
        ... on Question {
          id
          student {
            id
          }
        }
      }
    }
  }
`);

const STUDENTS_AFTER = graphql(/* GraphQL */ `
  query StudentsAfter($after: String!) {
    students(first: 50, after: $after) {
      nodes {
        ...ListedStudent
      }
      pageInfo {
        ...Paged
      }
    }
  }
`);

const REST = list({ what: 'students', query: STUDENTS_AFTER, of: ({ students }) => students });

/** Events that change which things the lists have. */
const CHANGES = [
  'OVERRIDE_MADE',
  'OVERRIDE_REVERTED',
  'SUMMARY_READY',
  'PRACTICE_ASSIGNED',
  'PRACTICE_COMPLETED',
  'PRACTICE_REVIEWED',
  'QUESTION_ESCALATED',
  'QUESTION_ANSWERED',
  'GOAL_PROGRESS',
  'ASSIGNMENT_BEGUN',
  'ASSIGNMENT_ENDED',
] as const;

/** The dashboard: everybody whom the tutor teaches. */
export function StudentsPage() {
  const { data, error } = useLiveQuery(STUDENTS, {}, CHANGES);
  const waiting = data?.reviewQueue.totalCount ?? 0;
  const queue = data?.reviewQueue.nodes ?? [];
  return (
    <div className="page">
      <header className="row apart">
        <Title name="Students">Students</Title>
        {data && (
          <p>
            {waiting === 0 ? (
              <span className="soft">Nothing waits for your review.</span>
            ) : (
              <Link to="/tutor/review" className="button first">
                {waiting} {waiting === 1 ? 'thing waits' : 'things wait'} for your review
              </Link>
            )}
          </p>
        )}
      </header>
      {error && data && <Problem>{sentence(error)}</Problem>}
      {!data ? (
        <Pending error={error} what="your students" />
      ) : (
        <div className="students-layout">
          <div className="stack">
            {data.students.nodes.length === 0 && <Empty>Nobody is assigned to you yet.</Empty>}
            <Listed
              list={REST}
              first={data.students}
              variables={(after) => ({ after })}
              kinds={CHANGES}
              className="stack"
              order={(page) => byUrgency(page, queue)}
            >
              {(student) => <StudentCard student={student} alerts={alertsOf(student, queue)} />}
            </Listed>
          </div>
          <Lately students={data.students.nodes} />
        </div>
      )}
    </div>
  );
}

const WEIGHT = { bad: 100, warn: 1, good: 0, blue: 0 };

/** Those who need the tutor most come first. */
function byUrgency(students: readonly ListedStudent[], waiting: readonly Waiting[]) {
  return students
    .map((student) => ({ student, alerts: alertsOf(student, waiting) }))
    .map(({ student, alerts }) => ({ student, weight: alerts.reduce((sum, { tone }) => sum + WEIGHT[tone], 0) }))
    .sort((a, b) => b.weight - a.weight || a.student.displayName.localeCompare(b.student.displayName))
    .map(({ student }) => student);
}

function StudentCard({ student, alerts }: { student: ListedStudent; alerts: readonly Alert[] }) {
  const [last] = student.sessions.nodes;
  const [summary] = last?.summaries ?? [];
  return (
    <article className="sheet student-card" aria-label={student.displayName} data-role="Student">
      <header>
        <Face name={student.displayName} />
        <h2>
          <Link to={`/tutor/students/${student.id}`}>{student.displayName}</Link>
        </h2>
        <ul className="row alerts" aria-label="Alerts">
          {alerts.map(({ tone, text }) => (
            <li key={text}>
              <Tag tone={tone}>{text}</Tag>
            </li>
          ))}
        </ul>
      </header>
      <div className="stack goals">
        {student.goals.nodes.map((goal) => (
          <Meter key={goal.id} label={goal.title} percent={Number(goal.completionPercentage)} />
        ))}
        {student.goals.nodes.length === 0 && <p className="soft">No goal is set.</p>}
      </div>
      <div className="last">
        {last ? (
          <>
            <p className="small">
              <Link to={`/tutor/sessions/${last.id}`}>
                {last.subject?.name ?? 'Session'}: {last.topicsCovered.join(', ')}
              </Link>{' '}
              <span className="soft">
                <When at={last.startedAt} />
              </span>
            </p>
            {summary ? (
              <p className="prose glimpse">{summary.narrative}</p>
            ) : (
              <p className="soft small">Its summary has not been written yet.</p>
            )}
          </>
        ) : (
          <p className="soft">No session yet.</p>
        )}
      </div>
    </article>
  );
}

interface Line {
  key: string;
  at: string;
  text: string;
  to: string;
  tone: 'good' | 'warn' | 'bad' | 'blue';
}

/** What happened last, with all students together. */
function Lately({ students }: { students: readonly ListedStudent[] }) {
  const lines = students
    .flatMap(linesOf)
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, 12);
  return (
    <Sheet title="Lately">
      {lines.length === 0 ? (
        <p className="soft">What happens shows up here by itself.</p>
      ) : (
        <ol className="lately">
          {lines.map(({ key, at, text, to, tone }) => (
            <li key={key} data-tone={tone}>
              <Link to={to}>{text}</Link>
              <span className="soft small">
                <When at={at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Sheet>
  );
}

function linesOf(student: ListedStudent): Line[] {
  const [name = student.displayName] = student.displayName.split(' ');
  const to = `/tutor/students/${student.id}`;
  const lines: Line[] = [];
  for (const { id, completedAt, performanceScore, subject } of student.done.nodes) {
    if (!completedAt) continue;
    const score = Number(performanceScore ?? 0);
    const tone = score >= 0.75 ? 'good' : score > 0 ? 'warn' : 'bad';
    const text = `${name} practised ${subject?.name ?? ''}: ${Math.round(score * 100)} %`;
    lines.push({ key: id, at: completedAt, text, to, tone });
  }
  for (const { id, createdAt, query, escalatedTo, tutorAnswer, overridden } of student.questions.nodes) {
    const waits = escalatedTo !== null && tutorAnswer === null && !overridden;
    lines.push({
      key: id,
      at: createdAt,
      text: `${name} asked: ${query}`,
      to: waits ? '/tutor/review' : to,
      tone: waits ? 'bad' : 'blue',
    });
  }
  for (const { id, createdAt, tutor, targetKind } of student.overrides.nodes) {
    const what = { SUMMARY: 'summary', PRACTICE: 'practice', QA_ANSWER: 'answer' }[targetKind];
    lines.push({
      key: id,
      at: createdAt,
      text: `${tutor?.displayName ?? 'A tutor'} corrected ${name}’s ${what}`,
      to,
      tone: 'good',
    });
  }
  for (const { id, startedAt, subject } of student.sessions.nodes) {
    lines.push({
      key: id,
      at: startedAt,
      text: `${name} had a session: ${subject?.name ?? 'no subject'}`,
      to: `/tutor/sessions/${id}`,
      tone: 'blue',
    });
  }
  return lines;
}
