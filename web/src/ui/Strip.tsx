import type { GameShownFragment } from '../generated/graphql';

/** Streak, level and points in a row; points show the way to the next level. */
export function Strip({ game }: { game: GameShownFragment }) {
  // A level begins at 50 n (n - 1) points.
  const from = 50 * game.level * (game.level - 1);
  const to = 50 * game.level * (game.level + 1);
  return (
    <dl className="strip">
      <div>
        <dt>
          {game.streaks === 0 ? 'days in a row: begin today' : game.streaks === 1 ? 'day in a row' : 'days in a row'}
        </dt>
        <dd className="number">{game.streaks}</dd>
      </div>
      <div>
        <dt>level</dt>
        <dd className="number">{game.level}</dd>
      </div>
      <div>
        <dt>{to > game.xp ? `points, ${to - game.xp} to level ${game.level + 1}` : 'points'}</dt>
        <dd className="number">{game.xp.toLocaleString('en')}</dd>
      </div>
      <span className="strip-track" aria-hidden="true">
        <i style={{ width: `${Math.min(100, Math.max(0, ((game.xp - from) / (to - from)) * 100))}%` }} />
      </span>
    </dl>
  );
}
