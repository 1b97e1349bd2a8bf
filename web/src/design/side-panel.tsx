import './side-panel.css';
import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from './button.tsx';

/** What SidePanel takes. */
export interface SidePanelProps {
  readonly title: ReactNode;
  readonly onClose: () => void;
  /** Buttons beside the cross. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/**
 * The details of what is chosen, beside the list on wide screens and over it on small ones. Put it next to the list in a
 * `<div className="split">`. Esc closes it.
 */
export function SidePanel({ title, onClose, actions, children }: SidePanelProps) {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) close.current();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <aside className="side-panel" aria-label="Details">
      <header className="side-panel-head">
        <h2 className="ellipsis">{title}</h2>
        {actions}
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div className="side-panel-body">{children}</div>
    </aside>
  );
}
