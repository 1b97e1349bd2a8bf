import './entity-link.css';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

interface EntityProps {
  readonly value: string | undefined;
  /** What is shown instead of the value. */
  readonly children?: ReactNode;
}

function entity(
  value: string,
  search: Readonly<Record<string, string>>,
  to: string,
  title: string,
  words: ReactNode,
) {
  return (
    <Link
      to={to}
      search={search}
      className="entity ellipsis"
      title={`${value}: ${title}`}
      // In a row that can be chosen, the link alone is what was meant.
      onClick={(event) => event.stopPropagation()}
    >
      {words ?? value}
    </Link>
  );
}

/** An IP address: leads to its context on the timeline. */
export function AddressLink({ value, children }: EntityProps) {
  if (value === undefined || value === '') return null;
  return entity(value, { address: value }, '/timeline', 'all that is known of it', children);
}

/** The name of a server: leads to its flows. */
export function NameLink({ value, children }: EntityProps) {
  if (value === undefined || value === '') return null;
  return entity(value, { name: value }, '/flows', 'its flows', children);
}

/** A fingerprint (JA3, JA4, HASSH ...): leads to the flows that have it. */
export function FingerprintLink({ value, children }: EntityProps) {
  if (value === undefined || value === '') return null;
  return entity(value, { fingerprint: value }, '/flows', 'flows with it', children);
}

/** A community id: leads to its flow. */
export function CommunityLink({ value, children }: EntityProps) {
  if (value === undefined || value === '') return null;
  return entity(value, { communityId: value }, '/flows', 'its flow', children);
}

/** The number of a rule: leads to it on the page of the WAF. */
export function RuleLink({ value, children }: EntityProps) {
  if (value === undefined || value === '') return null;
  return entity(value, { rule: value }, '/waf', 'the rule', children);
}

/** Any value that narrows a page: `<FilterLink to="/flows" name="protocol" value="tls" />`. */
export function FilterLink({
  to,
  name,
  value,
  children,
}: EntityProps & { readonly to: string; readonly name: string }) {
  if (value === undefined || value === '') return null;
  return entity(value, { [name]: value }, to, 'show only these', children);
}
