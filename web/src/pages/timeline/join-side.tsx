import './join-view.css';
import type { ReactNode } from 'react';
import { Icon, type IconName, Skeleton } from '../../design/index.ts';

/** One side of a join: what one stream knows. */
export function Side({
  title,
  icon,
  links,
  children,
}: {
  readonly title: string;
  readonly icon: IconName;
  readonly links?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="join-side">
      <h3 className="join-title">
        <Icon name={icon} size={14} /> {title}
      </h3>
      {children}
      {links !== undefined && <div className="join-links">{links}</div>}
    </div>
  );
}

/** Holds its place while it is asked for. */
export function LoadingSide({ title, icon }: { readonly title: string; readonly icon: IconName }) {
  return (
    <Side title={title} icon={icon}>
      <Skeleton width="80%" />
      <Skeleton width="60%" />
      <Skeleton width="70%" />
      <Skeleton width="50%" />
    </Side>
  );
}
