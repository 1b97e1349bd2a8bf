import './overlay.css';
import { Menu as BaseMenu } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';

/** What Menu takes. */
export interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly align?: 'start' | 'end';
  readonly side?: 'top' | 'bottom';
  /** MenuItem, MenuLabel, MenuSeparator. */
  readonly children: ReactNode;
}

/** A list of actions behind a button. */
export function Menu({ trigger, align = 'start', side = 'bottom', children }: MenuProps) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner className="positioner" sideOffset={4} align={align} side={side}>
          <BaseMenu.Popup className="popup menu">{children}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

/** What MenuItem takes. */
export interface MenuItemProps {
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onClick?: () => void;
  /** A key that does the same. */
  readonly keys?: string;
  /** A link instead of an action: `<Link to="/flows" />`, without content of its own. */
  readonly link?: ReactElement;
  readonly children: ReactNode;
}

/** One action, or with `link` a way to another page. */
export function MenuItem({ icon, danger, disabled, onClick, keys, link, children }: MenuItemProps) {
  return (
    <BaseMenu.Item
      className={classNames('menu-item', danger && 'menu-item-danger')}
      disabled={disabled ?? false}
      {...(onClick === undefined ? {} : { onClick })}
      {...(link === undefined ? {} : { render: link })}
    >
      <span className="menu-icon">{icon !== undefined && <Icon name={icon} />}</span>
      {children}
      {keys !== undefined && (
        <span className="menu-keys">
          <kbd>{keys}</kbd>
        </span>
      )}
    </BaseMenu.Item>
  );
}

/** The name of what follows. */
export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <div className="menu-label">{children}</div>;
}

/** A line between two groups. */
export function MenuSeparator() {
  return <BaseMenu.Separator className="menu-separator" />;
}
