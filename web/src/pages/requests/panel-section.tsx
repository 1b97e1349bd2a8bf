import type { ReactNode } from 'react';
import { RuleLink } from '../../design/index.ts';

/** One subject of the panel. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="stack request-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Numbers of rules, each a link to it. */
export function Rules({ ids }: { readonly ids: readonly number[] }) {
  return ids.map((id) => (
    <span key={id} className="mono">
      <RuleLink value={String(id)} />
    </span>
  ));
}
