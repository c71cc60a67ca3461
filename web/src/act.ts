/** Mutations, as a page makes them: what came of it, and what to tell the person. */

import { useCallback, useRef, useState } from 'react';
import { useMutation, type AnyVariables, type TypedDocumentNode } from 'urql';

import type { RefusedFragment, UserErrorCode } from './generated/graphql';
import { sentence } from './ui/parts';

/** Why nothing was changed. `code` is null for what is not the person's to put right. */
export interface Refusal {
  field: string | null;
  code: UserErrorCode | null;
  message: string;
}

interface Payload {
  userErrors: RefusedFragment[];
}
/** The payload of the one mutation in a document. */
type PayloadOf<Data> = Extract<Data[Exclude<keyof Data, '__typename'>], Payload>;

export interface Act<Data, Variables> {
  /** The payload where the change was made; null where it was not, and then `refusals` say why. */
  act: (variables: Variables) => Promise<PayloadOf<Data> | null>;
  busy: boolean;
  refusals: Refusal[];
  forget: () => void;
}

export function useAct<Data extends object, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
): Act<Data, Variables> {
  const [{ fetching }, run] = useMutation(document);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const act = useCallback(
    async (variables: Variables) => {
      const { data, error } = await run(variables);
      if (error || !data) {
        setRefusals([{ field: null, code: null, message: error ? unsaid(error) : 'Nothing came back; try again.' }]);
        return null;
      }
      const payload = Object.values(data).find((each) => typeof each === 'object') as PayloadOf<Data>;
      setRefusals(payload.userErrors.map(({ field = null, code, message }) => ({ field, code, message })));
      return payload.userErrors.length > 0 ? null : payload;
    },
    [run],
  );
  const forget = useCallback(() => setRefusals([]), []);
  return { act, busy: fetching, refusals, forget };
}

/** A key for what is to be made once, `of` being all of it: when no answer came, sending it again makes no second. */
export function useOnce(of: unknown): string {
  const made = useRef({ of, key: '' });
  if (made.current.key === '' || made.current.of !== of) made.current = { of, key: `${Date.now()}-${Math.random()}` };
  return made.current.key;
}

function unsaid(error: Parameters<typeof sentence>[0]): string {
  if (error.networkError) return 'The server cannot be reached just now. What you wrote is still here: try again.';
  return sentence(error);
}
