/** A line that goes up and down; its last value stands beside it. */
export function Course({ points, name }: { points: number[]; name: string }) {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return <span />;
  const [width, height, pad] = [120, 36, 4];
  const low = Math.min(...points);
  const span = Math.max(40, Math.max(...points) - low);
  const at = (value: number, index: number) =>
    `${pad + (index / (points.length - 1)) * (width - 2 * pad)},${height - pad - ((value - low) / span) * (height - 2 * pad)}`;
  const [x, y] = at(last, points.length - 1).split(',');
  return (
    <svg
      className="course"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${name}: from ${first} to ${last}`}
    >
      <polyline
        points={points.map(at).join(' ')}
        fill="none"
        stroke="var(--role)"
        strokeWidth="2"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
      <circle cx={x} cy={y} r="3.5" fill="var(--role)" />
    </svg>
  );
}
