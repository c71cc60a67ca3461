import { print } from 'graphql';
import { useId, useState, type ReactNode } from 'react';
import type { AnyVariables, TypedDocumentNode } from 'urql';

import type { ActivityKind } from '../generated/graphql';
import { useLiveQuery } from '../live';
import { Button, Empty, Pending, Problem, sentence, Sheet } from '../ui/parts';
import { csvOf, download, type Cell } from './csv';

/** A column of the table behind a chart, and of its file. */
export interface Column<Row> {
  name: string;
  value: (row: Row) => Cell;
}

type View = 'Chart' | 'Table' | 'Query';

const VIEWS: View[] = ['Chart', 'Table', 'Query'];

/** A chart with the table behind it and the query behind that; `chart` draws the rows, in the width there is. */
export function Panel<Data, Variables extends AnyVariables, Row>({
  title,
  says,
  query,
  variables,
  kinds,
  rowsOf,
  columns,
  chart,
  nothing,
}: {
  title: string;
  says: string;
  query: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  /** What changes the numbers. */
  kinds: readonly ActivityKind[];
  rowsOf: (data: Data) => Row[];
  columns: Column<Row>[];
  chart: (rows: Row[]) => ReactNode;
  nothing: string;
}) {
  const [view, setView] = useState<View>('Chart');
  const { data, error } = useLiveQuery(query, variables, kinds);
  const rows = data && rowsOf(data);
  const caption = useId();

  function save() {
    const { from, to } = (variables ?? {}) as { from?: string; to?: string };
    const name = [title, from, to && `before ${to}`].filter(Boolean).join(' ').replace(/[^\w-]+/g, '-');
    const cells = (rows ?? []).map((row) => columns.map(({ value }) => value(row)));
    download(`${name.toLowerCase()}.csv`, csvOf(columns.map((column) => column.name), cells));
  }

  return (
    <Sheet
      title={title}
      aside={
        <div className="views" role="group" aria-label={`${title}: show as`}>
          {VIEWS.map((name) => (
            <button key={name} type="button" aria-pressed={view === name} onClick={() => setView(name)}>
              {name}
            </button>
          ))}
        </div>
      }
    >
      <div className="panel stack">
        <p className="soft small" id={caption}>
          {says}
        </p>
        {error && data && <Problem>{sentence(error)}</Problem>}
        {view === 'Query' ? (
          <Query text={print(query)} variables={variables} />
        ) : rows === undefined ? (
          <Pending error={error} what={title} />
        ) : rows.length === 0 ? (
          <Empty>{nothing}</Empty>
        ) : view === 'Table' ? (
          <Table title={title} rows={rows} columns={columns} />
        ) : (
          chart(rows)
        )}
        <div className="row">
          <Button onClick={save} disabled={!rows?.length}>
            Download CSV<span className="hidden"> of {title}</span>
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

function Table<Row>({ title, rows, columns }: { title: string; rows: Row[]; columns: Column<Row>[] }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`${title}: table`}>
      <table className="counts">
        <thead>
          <tr>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={place}>
              {columns.map(({ name, value }) => {
                const cell = value(row);
                return (
                  <td key={name} className={typeof cell === 'number' ? 'number' : undefined}>
                    {cell ?? '–'}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Query({ text, variables }: { text: string; variables: unknown }) {
  const given = JSON.stringify(variables, null, 2);
  const as = window.location.hash.replace(/^#/, '');
  const parts = [as, `query=${encodeURIComponent(text)}`, `variables=${encodeURIComponent(given)}`];
  return (
    <>
      <pre className="query scroll" tabIndex={0} role="region" aria-label="The query behind it">
        {text}
        {'\n\n'}
        {given}
      </pre>
      <p>
        <a className="button" href={`/graphql#${parts.filter(Boolean).join('&')}`} target="_blank" rel="noopener">
          Open in GraphiQL
        </a>
      </p>
    </>
  );
}
