import './overlay.css';
import { Tooltip as BaseTooltip } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';

/** What Tooltip takes. */
export interface TooltipProps {
  /** What it explains; something that can be focused. */
  readonly children: ReactElement;
  readonly text: ReactNode;
}

/** Explains something when it is pointed at or focused. Never the only place of what one must know. */
export function Tooltip({ children, text }: TooltipProps) {
  return (
    <BaseTooltip.Root>
      <BaseTooltip.Trigger render={children} />
      <BaseTooltip.Portal>
        <BaseTooltip.Positioner className="positioner" sideOffset={6}>
          <BaseTooltip.Popup className="popup tooltip">{text}</BaseTooltip.Popup>
        </BaseTooltip.Positioner>
      </BaseTooltip.Portal>
    </BaseTooltip.Root>
  );
}
