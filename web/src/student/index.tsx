import { Title } from '../app/router';

/** The pages of students. */
export default function Student(_: { rest: string[] }) {
  return (
    <div className="page">
      <Title name="Student">Student</Title>
    </div>
  );
}
