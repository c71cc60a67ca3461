/** Tables as files that spreadsheets open as they are: RFC 4180, in UTF-8 and marked as such. */

export type Cell = string | number | null;

/** Texts that a spreadsheet would run begin like this. */
const FORMULA = /^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/;

export function csvOf(header: string[], rows: Cell[][]): string {
  const lines = [header, ...rows].map((row) => row.map(written).join(','));
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

function written(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n;]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Offers it to whoever looks at the page. */
export function download(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has it only once it has begun to read it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
