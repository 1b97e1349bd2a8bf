import type { ReactNode } from 'react';
import { AddressLink, Badge, Icon } from '../../design/index.ts';
import type { Changed } from './answers.ts';

type Difference = NonNullable<Changed['difference']>;

/** Of each list so many are named. */
const MOST_NAMED = 5;

/** What would have been different over all that is stored. */
export function DifferenceView({ difference }: { readonly difference: Difference }) {
  const { evidence, isCut, leftOut, scores, bansGone, bansNew, missed } = difference;
  return (
    <section className="difference" aria-label="What would have been different">
      <p>
        Over {evidence} stored pieces of evidence{isCut ? ' (there are more, which were not looked at)' : ''}:{' '}
        <b>{leftOut.count}</b> would not have counted.
      </p>
      <div className="difference-lists">
        <List count={scores.count} words="reputations would be other">
          {scores.first.slice(0, MOST_NAMED).map((one) => (
            <Change key={one.address} {...one} />
          ))}
        </List>
        <List count={bansGone.count} words="bans would not have been" tone="good">
          {bansGone.first.slice(0, MOST_NAMED).map((one) => (
            <Change key={`${one.address} ${one.timeUs}`} {...one} />
          ))}
        </List>
        <List count={bansNew.count} words="bans would be new" tone="danger">
          {bansNew.first.slice(0, MOST_NAMED).map((one) => (
            <Change key={`${one.address} ${one.timeUs}`} {...one} />
          ))}
        </List>
        <List count={missed.count} words="that were marked true would be missed" tone="danger">
          {missed.first.slice(0, MOST_NAMED).map((one) => (
            <li key={one.evidenceId} className="row">
              <span className="mono">
                <AddressLink value={one.address} />
              </span>
              <span className="muted">{one.how}</span>
            </li>
          ))}
        </List>
      </div>
    </section>
  );
}

function List({
  count,
  words,
  tone = 'neutral',
  children,
}: {
  readonly count: number;
  readonly words: string;
  readonly tone?: 'neutral' | 'good' | 'danger';
  readonly children: ReactNode;
}) {
  if (count === 0) return null;
  return (
    <div className="difference-list">
      <p>
        <Badge tone={tone}>{count}</Badge> {words}
      </p>
      <ul className="plain-list">{children}</ul>
    </div>
  );
}

function Change({
  address,
  before,
  after,
}: {
  readonly address: string;
  readonly before: number;
  readonly after: number;
}) {
  return (
    <li className="row">
      <span className="mono">
        <AddressLink value={address} />
      </span>
      {Math.round(before)} <Icon name="right" size={12} /> {Math.round(after)}
    </li>
  );
}
