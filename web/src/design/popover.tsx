import './overlay.css';
import { Popover as BasePopover } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';

/** What Popover takes. */
export interface PopoverProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly title?: string;
  readonly align?: 'start' | 'center' | 'end';
  readonly children: ReactNode;
}

/** A small surface beside a button: filters, an explanation, a few fields. */
export function Popover({ trigger, title, align = 'start', children }: PopoverProps) {
  return (
    <BasePopover.Root>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner className="positioner" sideOffset={4} align={align}>
          <BasePopover.Popup className="popup popover">
            {title !== undefined && <BasePopover.Title>{title}</BasePopover.Title>}
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
