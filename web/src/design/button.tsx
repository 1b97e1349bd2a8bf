import './button.css';
import type { ComponentPropsWithRef, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';

/** How much a button calls for. `primary` once in a view at most; `danger` for what is hard to undo. */
export type ButtonKind = 'plain' | 'primary' | 'danger' | 'quiet';

/** What Button takes besides what every button takes. */
export interface ButtonProps extends ComponentPropsWithRef<'button'> {
  readonly kind?: ButtonKind;
  readonly icon?: IconName;
  readonly small?: boolean;
  /** True while what was pressed is under way: it cannot be pressed again, and keeps its size. */
  readonly busy?: boolean;
}

/** A button with a word, and perhaps an icon before it. */
export function Button({
  kind = 'plain',
  icon,
  small,
  busy,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classNames('button', `button-${kind}`, small && 'button-small', className)}
      disabled={disabled === true || busy === true}
      aria-busy={busy}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** What IconButton takes besides what every button takes. */
export interface IconButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'children'> {
  readonly icon: IconName;
  /** What it does: its name and its title. */
  readonly label: string;
  readonly kind?: ButtonKind;
  readonly pressed?: boolean;
  /** Something small on its corner. */
  readonly mark?: ReactNode;
}

/** A square button that is only an icon. */
export function IconButton({
  icon,
  label,
  kind = 'quiet',
  pressed,
  mark,
  className,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      {...rest}
      className={classNames('button', 'button-icon', `button-${kind}`, className)}
      aria-label={label}
      aria-pressed={pressed}
    >
      <Icon name={icon} />
      {mark}
    </button>
  );
}
