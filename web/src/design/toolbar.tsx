import './key-value.css';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** A row of controls above what they act on; it wraps where there is no room. */
export function Toolbar({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="toolbar" role="toolbar" aria-label={label}>
      {children}
    </div>
  );
}

/** Controls that stay together. `grow` takes the room that is left, `end` goes to the right. */
export function ToolbarGroup({
  grow,
  end,
  children,
}: {
  readonly grow?: boolean;
  readonly end?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <div className={classNames('toolbar-group', grow && 'toolbar-grow', end && 'toolbar-end')}>
      {children}
    </div>
  );
}
