/**
 * The charts, in plain SVG: five shapes of a few lines each, which no library draws with less, with the page's own colours
 * and letters. Each is one picture to a screen reader, with what it shows in a sentence; the table has the rest.
 */

import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';

export interface Series {
  name: string;
  /** Which of the chart's colours. */
  colour: 1 | 2 | 3 | 4 | 5;
}

const TALL = 240;
const LEFT = 46;
const RIGHT = 6;
const FOOT = 28;

/** Draws at the size that there is, so that letters keep theirs. */
function Canvas({
  tall,
  says,
  children,
}: {
  tall: number;
  says: string;
  children: (width: number) => ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measured = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (place.current) measured.observe(place.current);
    return () => measured.disconnect();
  }, []);
  return (
    <div ref={place} className="canvas" style={{ minHeight: tall }}>
      {width > 0 && (
        <svg role="img" aria-label={says} width={width} height={tall} viewBox={`0 0 ${width} ${tall}`}>
          {children(width)}
        </svg>
      )}
    </div>
  );
}

export function Legend({ series }: { series: Series[] }) {
  return (
    <ul className="legend row">
      {series.map(({ name, colour }) => (
        <li key={name}>
          <i className={`fill-${colour}`} />
          {name}
        </li>
      ))}
    </ul>
  );
}

/** Round numbers up to the greatest or above: 0, 5, 10 for 8. */
export function ticksTo(greatest: number): number[] {
  const rough = Math.max(1, greatest) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10));
  return Array.from({ length: Math.ceil(Math.max(1, greatest) / step) + 1 }, (_, place) => place * step);
}

function Grid({ ticks, width, at, unit = '' }: { ticks: number[]; width: number; at: (value: number) => number; unit?: string }) {
  return ticks.map((tick) => (
    <g key={tick}>
      <line className={tick === 0 ? 'axis' : 'grid'} x1={LEFT} x2={width - RIGHT} y1={at(tick)} y2={at(tick)} />
      <text className="tick" x={LEFT - 8} y={at(tick) + 4} textAnchor="end">
        {tick}
        {unit}
      </text>
    </g>
  ));
}

/** Columns side by side along time; `stacked` puts the series on top of each other, else they stand next to each other. */
export function Columns({
  says,
  labels,
  series,
  values,
  stacked = false,
}: {
  says: string;
  labels: string[];
  series: Series[];
  /** For each label, a number for each series. */
  values: number[][];
  stacked?: boolean;
}) {
  const greatest = Math.max(...values.map((each) => (stacked ? sum(each) : Math.max(...each))));
  const ticks = ticksTo(greatest);
  const top = ticks.at(-1) ?? 1;
  const at = (value: number) => TALL - FOOT - (value / top) * (TALL - FOOT - 12);
  return (
    <div className="stack">
      <Canvas tall={TALL} says={says}>
        {(width) => {
          const room = (width - LEFT - RIGHT) / labels.length;
          const every = Math.ceil(56 / room);
          const wide = Math.min(stacked ? 40 : 56, room * 0.72);
          return (
            <>
              <Grid ticks={ticks} width={width} at={at} />
              {labels.map((label, place) => {
                const left = LEFT + room * place + (room - wide) / 2;
                const numbers = values[place] ?? [];
                return (
                  <g key={place}>
                    {series.map(({ name, colour }, which) => {
                      const value = numbers[which] ?? 0;
                      const below = stacked ? sum(numbers.slice(0, which)) : 0;
                      const part = stacked ? wide : wide / series.length;
                      const tall = at(below) - at(below + value);
                      return (
                        <rect
                          key={name}
                          className={`fill-${colour}`}
                          x={stacked ? left : left + part * which}
                          y={at(below + value)}
                          width={Math.max(1, part - (stacked ? 0 : 1))}
                          height={Math.max(0, tall - (below > 0 ? 1 : 0))}
                        >
                          <title>{`${label}: ${value} ${name}`}</title>
                        </rect>
                      );
                    })}
                    {place % every === 0 && (
                      <text
                        className="tick"
                        // The last one has no room on its right.
                        x={Math.min(left + wide / 2, width - 24)}
                        y={TALL - 8}
                        textAnchor="middle"
                      >
                        {label}
                      </text>
                    )}
                  </g>
                );
              })}
            </>
          );
        }}
      </Canvas>
      {series.length > 1 && <Legend series={series} />}
    </div>
  );
}

/** A bar for each thing, its name above, from nothing to `most`. */
export function Bars({
  says,
  bars,
  most,
  unit = '',
  colour = 1,
}: {
  says: string;
  bars: { name: string; value: number; note?: string }[];
  most: number;
  unit?: string;
  colour?: Series['colour'];
}) {
  const each = 46;
  return (
    <Canvas tall={bars.length * each} says={says}>
      {(width) =>
        bars.map(({ name, value, note }, place) => (
          <g key={place} transform={`translate(0 ${place * each})`}>
            <text className="name" x={0} y={15}>
              {shortened(name, (width - 70) / 7.5)}
              <title>{name}</title>
            </text>
            <text className="value" x={width} y={15} textAnchor="end">
              {note ?? `${value}${unit}`}
            </text>
            <rect className="track" x={0} y={23} width={width} height={12} rx={6} />
            <rect className={`fill-${colour}`} x={0} y={23} width={(value / most) * width} height={12} rx={6}>
              <title>{`${name}: ${value}${unit}`}</title>
            </rect>
          </g>
        ))
      }
    </Canvas>
  );
}

/** What was said against what was so, both in percent: on the line, the one is the other. */
export function Against({
  says,
  points,
  across,
  up,
}: {
  says: string;
  points: { said: number; so: number; count: number; note: string }[];
  across: string;
  up: string;
}) {
  const tall = 290;
  const foot = 44;
  const at = (value: number) => tall - foot - (value / 100) * (tall - foot - 36);
  const most = Math.max(...points.map(({ count }) => count));
  return (
    <Canvas tall={tall} says={says}>
      {(width) => {
        const along = (value: number) => LEFT + 10 + (value / 100) * (width - LEFT - RIGHT - 34);
        return (
          <>
            <Grid ticks={[0, 25, 50, 75, 100]} width={width} at={at} unit="%" />
            {[0, 25, 50, 75, 100].map((tick) => (
              <text key={tick} className="tick" x={along(tick)} y={tall - foot + 18} textAnchor="middle">
                {tick}%
              </text>
            ))}
            <text className="tick" x={(LEFT + width) / 2} y={tall - 4} textAnchor="middle">
              {across}
            </text>
            <text className="tick" x={0} y={11}>
              {up}
            </text>
            <line className="ideal" x1={along(0)} y1={at(0)} x2={along(100)} y2={at(100)} />
            {points.map(({ said, so, count, note }, place) => {
              const round = 5 + 7 * Math.sqrt(count / most);
              const before = points[place - 1];
              // Written where it does not meet the one before.
              const free = !before || along(said) - along(before.said) > 48 || Math.abs(at(so) - at(before.so)) > 24;
              return (
                <g key={said}>
                  <line className="gap" x1={along(said)} y1={at(said)} x2={along(said)} y2={at(so)} />
                  <circle className="fill-1 dot" cx={along(said)} cy={at(so)} r={round}>
                    <title>{`Said ${said}%, right ${so}%: ${note}`}</title>
                  </circle>
                  {free && (
                    <text
                      className="value"
                      // Beside the line that leads to it.
                      x={so < said ? along(said) - round - 5 : Math.min(along(said), width - RIGHT - 24)}
                      y={at(so) - (so < said ? 4 : round + 5)}
                      textAnchor={so < said ? 'end' : 'middle'}
                    >
                      {note}
                    </text>
                  )}
                </g>
              );
            })}
          </>
        );
      }}
    </Canvas>
  );
}

function shortened(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text;
}

export function sum(numbers: number[]): number {
  return numbers.reduce((whole, each) => whole + each, 0);
}
