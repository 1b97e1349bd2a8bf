import { Count, classNames } from '../../design/index.ts';

/** What CountBars takes. */
export interface CountBarsProps {
  readonly items: readonly { readonly name: string; readonly count: number }[];
  readonly chosen?: string | undefined;
  /** Undefined where what was chosen is chosen again. Without it they are only shown. */
  readonly onChoose?: (name: string | undefined) => void;
  readonly empty: string;
}

/** Bars that are drawn at most. */
const MOST = 8;

/** Counts as bars, the largest first. */
export function CountBars({ items, chosen, onChoose, empty }: CountBarsProps) {
  if (items.length === 0) return <p className="muted">{empty}</p>;
  const most = Math.max(1, ...items.map(({ count }) => count));
  return (
    <ul className="count-bars">
      {items.slice(0, MOST).map(({ name, count }) => {
        const inside = (
          <>
            <span className="count-bar" style={{ width: `${(100 * count) / most}%` }} />
            <span className="count-name ellipsis">{name}</span>
            <span className="count-value">
              <Count value={count} />
            </span>
          </>
        );
        return (
          <li key={name}>
            {onChoose === undefined ? (
              <div className="count-row">{inside}</div>
            ) : (
              <button
                type="button"
                className={classNames('count-row', name === chosen && 'count-chosen')}
                aria-pressed={name === chosen}
                title="Show only its rules"
                onClick={() => onChoose(name === chosen ? undefined : name)}
              >
                {inside}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
