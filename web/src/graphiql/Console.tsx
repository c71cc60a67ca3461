import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { Kind, parse, type DocumentNode } from 'graphql';
import { useEffect, useState } from 'react';

import { fetchAs, type DemoPerson, type TokenSource, type Viewer } from '../identity';
import { socketAs, type ConnectionState } from '../socket';
import { Bar } from './Bar';
import { firstTabs } from './examples';
import { examplesPlugin } from './ExamplesPane';
import type { Opened } from './main';
import { storageOf } from './storage';

interface Props {
  source: TokenSource;
  viewer: Viewer | null;
  people: DemoPerson[];
  problem: string | null;
  opened: Opened | null;
  onChoose: (email: string | null) => void;
  onToken: (token: string) => void;
}

/** GraphiQL for one viewer; for another one all of it is made anew. */
export function Console({ source, viewer, opened, ...bar }: Props) {
  const role = viewer?.__typename ?? 'Nobody';
  const [connection, setConnection] = useState<ConnectionState>('idle');
  const [graphiql] = useState(() => {
    const socket = socketAs(source, setConnection);
    const storage = storageOf(role);
    return {
      socket,
      storage,
      fetcher: upToDate(createGraphiQLFetcher({ url: '/graphql', fetch: fetchAs(source), wsClient: socket })),
      plugins: [examplesPlugin(role), HISTORY_PLUGIN],
      tabs: opened ? [opened, ...firstTabs(role)] : firstTabs(role),
      // On a phone they would leave no room for the editor.
      showsExamples: storage.getItem('graphiql:tabState') === null && window.innerWidth > 800,
    };
  });
  useEffect(() => () => void graphiql.socket.dispose(), [graphiql]);

  return (
    <>
      <Bar viewer={viewer} connection={connection} {...bar} />
      <main>
        <GraphiQL
          fetcher={graphiql.fetcher}
          storage={graphiql.storage}
          plugins={graphiql.plugins}
          visiblePlugin={graphiql.showsExamples ? 'Examples' : undefined}
          defaultTabs={graphiql.tabs}
          defaultQuery=""
          initialQuery={opened?.query}
          initialVariables={opened?.variables}
          // Who is asking is said above, and nowhere else.
          isHeadersEditorEnabled={false}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

/** Goes by what is in the editor: just after a change of tabs, GraphiQL still names the operation of the one before. */
function upToDate(fetcher: Fetcher): Fetcher {
  return (params, options) => {
    let documentAST: DocumentNode;
    try {
      documentAST = parse(params.query);
    } catch {
      return fetcher(params, options); // the server says what is wrong with it
    }
    const names = documentAST.definitions.flatMap((each) =>
      each.kind === Kind.OPERATION_DEFINITION && each.name ? [each.name.value] : [],
    );
    const operationName = names.find((name) => name === params.operationName) ?? names[0];
    return fetcher({ ...params, operationName }, { ...options, documentAST });
  };
}
