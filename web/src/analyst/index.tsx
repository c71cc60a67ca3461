import { Title } from '../app/router';

/** Charts over what is counted. */
export default function Analyst(_: { rest: string[] }) {
  return (
    <div className="page">
      <Title name="Analytics">Analytics</Title>
    </div>
  );
}
