import { Link, Title } from './router';

/** In place of a page that is not there, or not the viewer's to see: nobody learns which. */
export function Missing() {
  return (
    <div className="page">
      <Title name="Not here">There is no such page</Title>
      <p>
        It may have been there once. <Link to="/">Go to your own pages</Link>
      </p>
    </div>
  );
}
