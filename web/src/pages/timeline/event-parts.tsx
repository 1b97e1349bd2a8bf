import './event.css';
import type { ReactNode } from 'react';
import { AddressLink, Badge, Icon } from '../../design/index.ts';
import { severityOf, toneOf } from './story.ts';

/** Addresses that are named before `and … more`. */
const MOST_NAMED = 4;

/** Who did it, and to whom. */
export function Actors({
  attackers,
  victims,
}: {
  readonly attackers: readonly string[];
  readonly victims: readonly string[];
}) {
  return (
    <span className="actors">
      <Names addresses={attackers} side="attacker" />
      {victims.length > 0 && (
        <>
          {attackers.length > 0 && (
            <span className="actors-arrow">
              <Icon name="right" size={14} />
              <span className="visually-hidden">against</span>
            </span>
          )}
          <Names addresses={victims} side="victim" />
        </>
      )}
    </span>
  );
}

function Names({ addresses, side }: { readonly addresses: readonly string[]; readonly side: string }) {
  const more = addresses.length - MOST_NAMED;
  return (
    <span className={`actors-names mono actors-${side}`}>
      {addresses.slice(0, MOST_NAMED).map((address) => (
        <AddressLink key={address} value={address} />
      ))}
      {more > 0 && <span className="muted">and {more} more</span>}
    </span>
  );
}

/** How bad something is: a number on a bar, and its word. */
export function Score({ value, label = 'score' }: { readonly value: number; readonly label?: string }) {
  const rounded = Math.round(value);
  return (
    <span
      className={`score score-${toneOf(value)}`}
      title={`${label} ${rounded} of 100: ${severityOf(value)}`}
    >
      <span className="score-track" aria-hidden="true">
        <span className="score-fill" style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
      </span>
      <span className="score-number">{rounded}</span>
      <span className="visually-hidden">
        {label}, of 100: {severityOf(value)}
      </span>
    </span>
  );
}

/** Techniques of MITRE ATT&CK. */
export function Techniques({
  techniques,
}: {
  readonly techniques: readonly { readonly id: string; readonly name: string }[];
}) {
  return techniques.map(({ id, name }) => (
    <Badge key={id} title={`${id} ${name} (MITRE ATT&CK)`}>
      <span className="mono">{id}</span>
      {name !== '' && <span className="technique-name">{name}</span>}
    </Badge>
  ));
}

/** The first line of a card: opens and closes it. */
export function Toggle({
  open,
  onToggle,
  children,
}: {
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly children: ReactNode;
}) {
  return (
    <button type="button" className="event-toggle" aria-expanded={open} onClick={onToggle}>
      <Icon name={open ? 'down' : 'right'} size={14} />
      <span>{children}</span>
    </button>
  );
}
