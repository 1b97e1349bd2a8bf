import './key-value.css';
import { Fragment, type ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** What KeyValue takes. */
export interface KeyValueProps {
  /** Names with their values; those whose value is undefined are left out. */
  readonly items: readonly (readonly [name: string, value: ReactNode])[];
  /** True: two columns where there is room. */
  readonly wide?: boolean;
}

/** Facts as a list of names and values. */
export function KeyValue({ items, wide }: KeyValueProps) {
  return (
    <dl className={classNames('key-value', wide && 'key-value-wide')}>
      {items
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
