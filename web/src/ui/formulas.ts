/** Where in a text formulas are. */

export interface Formula {
  at: number;
  /** With its signs. */
  written: string;
  /** Between them. */
  source: string;
  /** On a line of its own. */
  block: boolean;
}

/**
 * `$$…$$`, `\[…\]`, `\(…\)` and `$…$`. The last not around spaces, nor before a digit, so that $4 and $5 stay amounts.
 * The bounds are for texts of nothing but beginnings.
 */
const FORMULA =
  /\$\$([^$]{1,1000})\$\$|\\\[([^]{1,1000}?)\\\]|\\\(([^]{1,1000}?)\\\)|(?<![\\$])\$(?![\s$])((?:\\[^]|[^$\\]){1,1000}?)(?<!\s)\$(?![\d$])/g;
/** What no sentence has. */
const SIGNS = /[\\^_{}]/;
/** A word, and after it the next or a number: a sentence, and no formula. */
const SENTENCE =
  /(?<!\p{L})(?!(?:sin|cos|tan|cot|log|ln|exp|mod|max|min|gcd|lcm)(?!\p{L}))\p{L}{2,}[,.;:]?\s+[(]?[\p{L}\d]/u;
/** Two numbers and a word of one letter, as `y` is in Spanish. */
const BOTH = /^[\d.,]+\s+(?![xX])\p{L}\s+[\d.,]+$/u;
/** What stands between two amounts whose signs come last, and the second of them. */
const SECOND = /^[-–+/,;]?\s?[\d.,]+$/;

export function formulas(text: string): Formula[] {
  const found: Formula[] = [];
  const sign = new RegExp(FORMULA);
  for (let match = sign.exec(text); match !== null; match = sign.exec(text)) {
    const [written, block, bracketed, parenthesised, inline] = match;
    const at = match.index;
    if (inline !== undefined && !SIGNS.test(inline) && amounts(inline, text[at - 1] ?? '')) {
      sign.lastIndex = at + 1;
      continue;
    }
    const source = block ?? bracketed ?? parenthesised ?? inline ?? '';
    found.push({ at, written, source, block: (block ?? bracketed) !== undefined });
  }
  return found;
}

/** Whether the signs around it are those of money, as in `$5 and 6$` and `5$-6$`. */
function amounts(between: string, before: string): boolean {
  return SENTENCE.test(between) || BOTH.test(between) || (/\d/.test(before) && SECOND.test(between));
}
