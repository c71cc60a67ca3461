import { useEffect, useRef } from 'react';

/**
 * `$$…$$`, `\[…\]`, `\(…\)` and `$…$`. The last not around spaces, nor before a digit, so that $4 and $5 stay amounts.
 * The bounds are for texts of nothing but beginnings.
 */
const FORMULA =
  /\$\$([^$]{1,1000})\$\$|\\\[([^]{1,1000}?)\\\]|\\\(([^]{1,1000}?)\\\)|(?<![\\$])\$(?![\s$])((?:\\[^]|[^$\\]){1,1000}?)(?<!\s)\$(?![\d$])/g;

/** What people and the companion wrote, its formulas as formulas. */
export function Written({ text }: { text: string }) {
  const formulas = [...text.matchAll(FORMULA)];
  if (formulas.length === 0) return text;
  const parts = formulas.map((found, place) => {
    const before = formulas[place - 1];
    const [whole, block, bracketed, parenthesised, inline] = found;
    return (
      <span key={place}>
        {text.slice(before ? before.index + before[0].length : 0, found.index)}
        <Formula
          written={whole}
          source={block ?? bracketed ?? parenthesised ?? inline ?? ''}
          block={(block ?? bracketed) !== undefined}
        />
      </span>
    );
  });
  const last = formulas.at(-1);
  return [...parts, text.slice(last ? last.index + last[0].length : 0)];
}

/**
 * MathML, which browsers draw and screen readers read without a font or a style of ours. What draws it is loaded with
 * the first formula; until then, and where it is no formula, what was written stays.
 */
function Formula({ written, source, block }: { written: string; source: string; block: boolean }) {
  const here = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let gone = false;
    async function draw() {
      const { render } = await import('katex');
      const drawn = document.createElement('span');
      render(source, drawn, { output: 'mathml', displayMode: block, strict: 'ignore', maxExpand: 200, maxSize: 20 });
      if (!gone) here.current?.replaceChildren(drawn);
    }
    draw().catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [source, block]);
  return (
    <span ref={here} className={block ? 'formula' : undefined}>
      {written}
    </span>
  );
}
