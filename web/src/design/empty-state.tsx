import './states.css';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** What EmptyState takes. */
export interface EmptyStateProps {
  readonly icon?: IconName;
  /** What is not there. */
  readonly title: string;
  /** What to do about it: name the setting or the command. */
  readonly children?: ReactNode;
  /** A button. */
  readonly action?: ReactNode;
}

/** Stands where a list would be that has nothing. */
export function EmptyState({ icon = 'info', title, children, action }: EmptyStateProps) {
  return (
    <div className="state">
      <Icon name={icon} size={24} />
      <p className="state-title">{title}</p>
      {children !== undefined && <div className="state-text">{children}</div>}
      {action}
    </div>
  );
}
