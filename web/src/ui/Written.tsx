import { useEffect, useRef } from 'react';

import { formulas } from './formulas';

/** What people and the companion wrote, its formulas as formulas. */
export function Written({ text }: { text: string }) {
  const found = formulas(text);
  if (found.length === 0) return text;
  const ends = found.map(({ at, written }) => at + written.length);
  const parts = found.map(({ at, written, source, block }, place) => (
    <span key={place}>
      {text.slice(ends[place - 1] ?? 0, at)}
      <Drawn written={written} source={source} block={block} />
    </span>
  ));
  return [...parts, text.slice(ends.at(-1))];
}

/**
 * MathML, which browsers draw and screen readers read without a font or a style of ours. What draws it is loaded with
 * the first formula; until then, and where it is no formula, what was written stays.
 */
function Drawn({ written, source, block }: { written: string; source: string; block: boolean }) {
  const here = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let gone = false;
    async function draw() {
      const { render } = await import('katex');
      const drawn = document.createElement('span');
      render(source, drawn, { output: 'mathml', displayMode: block, strict: 'ignore', maxExpand: 200, maxSize: 20 });
      const place = here.current;
      if (gone || place === null) return;
      place.replaceChildren(drawn);
      // The keyboard must get into what is pushed about.
      if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
    }
    draw().catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [source, block]);
  return (
    <span ref={here} className={block ? 'formula block' : 'formula'}>
      {written}
    </span>
  );
}
