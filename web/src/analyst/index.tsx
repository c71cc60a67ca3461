import './analyst.css';

import { useState } from 'react';

import { Missing } from '../app/Missing';
import { Title } from '../app/router';
import { graphql } from '../generated';
import { useLiveQuery } from '../live';
import { Problem } from '../ui/parts';
import { Calibration, ConfidenceDistribution } from './confidence';
import { NudgesByType, NudgesOverTime } from './nudges';
import { OverridesBySubject, OverridesOverTime } from './overrides';
import { ProgressOfAll, ProgressOfOne } from './progress';
import { lastDays, problemOf, type Range } from './range';

const STUDENTS = graphql(/* GraphQL */ `
  query AnalystStudents {
    students(first: 100) {
      totalCount
      nodes {
        id
        displayName
        email
      }
    }
  }
`);

const SPANS: [days: number, name: string][] = [
  [14, '2 weeks'],
  [90, '3 months'],
  [365, '1 year'],
];

/** Charts over what is counted, for those whom the viewer may see. */
export default function Analyst({ rest }: { rest: string[] }) {
  const [range, setRange] = useState<Range>(() => lastDays(90));
  const [chosen, setChosen] = useState('');
  const { data } = useLiveQuery(STUDENTS, {}, ['ASSIGNMENT_BEGUN', 'ASSIGNMENT_ENDED']);
  const problem = problemOf(range);
  // While the days do not go together, what was counted last stays.
  const [counted, setCounted] = useState(range);
  if (problem === null && (counted.from !== range.from || counted.last !== range.last)) setCounted(range);
  const students = data?.students.nodes ?? [];
  const student = students.find(({ id }) => id === chosen);
  const asked = { range: counted, studentId: student?.id ?? null };
  if (rest.length > 0) return <Missing />;
  return (
    <div className="page">
      <Title name="Analytics">Analytics</Title>
      <form className="sheet filters" aria-label="What is counted" onSubmit={(event) => event.preventDefault()}>
        <div className="views" role="group" aria-label="The last">
          {SPANS.map(([days, name]) => {
            const span = lastDays(days);
            return (
              <button
                key={days}
                type="button"
                aria-pressed={range.from === span.from && range.last === span.last}
                onClick={() => setRange(span)}
              >
                {name}
              </button>
            );
          })}
        </div>
        <label className="field">
          <span>First day (UTC)</span>
          <input type="date" value={range.from} onChange={(event) => setRange({ ...range, from: event.target.value })} />
        </label>
        <label className="field">
          <span>Last day (UTC)</span>
          <input type="date" value={range.last} onChange={(event) => setRange({ ...range, last: event.target.value })} />
        </label>
        <label className="field">
          <span>Student</span>
          <select value={student?.id ?? ''} onChange={(event) => setChosen(event.target.value)}>
            <option value="">All {data?.students.totalCount ?? ''} students</option>
            {students.map(({ id, displayName, email }) => (
              <option key={id} value={id}>
                {displayName || email}
              </option>
            ))}
          </select>
        </label>
        {problem !== null && <Problem>{problem}</Problem>}
      </form>
      <div className="panels">
        <div className="wide">
          {student ? (
            <ProgressOfOne
              key={student.id}
              range={counted}
              studentId={student.id}
              name={student.displayName || student.email}
            />
          ) : (
            <ProgressOfAll students={data?.students.totalCount ?? 0} />
          )}
        </div>
        <ConfidenceDistribution {...asked} />
        <Calibration {...asked} />
        <OverridesOverTime {...asked} />
        <OverridesBySubject {...asked} />
        <NudgesOverTime {...asked} />
        <NudgesByType {...asked} />
      </div>
    </div>
  );
}
