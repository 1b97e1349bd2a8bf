import './card.css';
import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

/** What Card takes. */
export interface CardProps {
  readonly title?: ReactNode;
  /** On the right of the title: a switch of view, a figure, a link. */
  readonly actions?: ReactNode;
  /** True: no space around the content, as for tables. */
  readonly flush?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A surface with a title: one subject of a page. */
export function Card({ title, actions, flush, className, children }: CardProps) {
  const id = useId();
  return (
    <section className={classNames('card', className)} aria-labelledby={title === undefined ? undefined : id}>
      {(title !== undefined || actions !== undefined) && (
        <header className="card-head">
          {title !== undefined && <h2 id={id}>{title}</h2>}
          {actions !== undefined && <div className="card-actions">{actions}</div>}
        </header>
      )}
      <div className={classNames('card-body', flush && 'card-flush')}>{children}</div>
    </section>
  );
}
