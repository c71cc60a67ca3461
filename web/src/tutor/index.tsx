import { Title } from '../app/router';

/** The pages of tutors. */
export default function Tutor(_: { rest: string[] }) {
  return (
    <div className="page">
      <Title name="Tutor">Tutor</Title>
    </div>
  );
}
