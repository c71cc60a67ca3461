import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';

import { shelvesOf, type Example } from './examples';

/** The pane beside the editor that lists examples; one opens in a tab of its own. */
export function examplesPlugin(role: string): GraphiQLPlugin {
  return {
    title: 'Examples',
    icon: () => (
      <svg viewBox="0 0 24 24" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
        <path d="M4 5c3-1.5 6-1 8 1 2-2 5-2.500 8-1v14c-3-1.500-6-1-8 1-2-2-5-2.500-8-1zM12 6v14" />
      </svg>
    ),
    content: () => <ExamplesPane role={role} />,
  };
}

function ExamplesPane({ role }: { role: string }) {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  function open(example: Example) {
    addTab();
    queryEditor?.setValue(example.text);
    variableEditor?.setValue('');
    queryEditor?.focus();
  }

  return (
    <section className="examples" aria-label="Examples">
      {shelvesOf(role).map(({ title, examples }) => (
        <div key={title}>
          <h2>{title}</h2>
          <ul>
            {examples.map((example) => (
              <li key={example.name}>
                <button type="button" onClick={() => open(example)}>
                  <span className="examples-name">{example.name}</span>
                  <span className={`examples-kind ${example.kind}`}>{example.kind}</span>
                  <span className="examples-purpose">{example.purpose}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {shelvesOf(role).length === 0 && <p>Sign in to see examples for your role.</p>}
    </section>
  );
}
