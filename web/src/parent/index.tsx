import { Title } from '../app/router';

/** The pages of parents. */
export default function Parent(_: { rest: string[] }) {
  return (
    <div className="page">
      <Title name="Parent">Parent</Title>
    </div>
  );
}
