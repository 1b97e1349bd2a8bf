import './page.css';
import { type ReactNode, useEffect } from 'react';
import { classNames } from './class-names.ts';

/** What Page takes. */
export interface PageProps {
  readonly title: string;
  /** A figure or a word beside the title. */
  readonly detail?: ReactNode;
  /** Buttons on the right of the title. */
  readonly actions?: ReactNode;
  /** True: the page is as high as the window, and what is in it scrolls (tables). */
  readonly fill?: boolean;
  readonly children: ReactNode;
}

/** The frame of a page: its title, also in the window's title, its actions, its content. */
export function Page({ title, detail, actions, fill, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · weir`;
  }, [title]);
  return (
    <div className={classNames('page', fill && 'page-fill')}>
      <header className="page-head">
        <h1>{title}</h1>
        {detail !== undefined && <div className="page-detail muted">{detail}</div>}
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
