import './field.css';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import type { ReactNode } from 'react';

/** What Switch takes. */
export interface SwitchProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
  /** Its name, beside it. */
  readonly children: ReactNode;
}

/** Something that is on or off at once, without a button that confirms it. */
export function Switch({ checked, onChange, disabled, children }: SwitchProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is Base UI's switch
    <label className="switch">
      <BaseSwitch.Root
        className="switch-track"
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled ?? false}
      >
        <BaseSwitch.Thumb className="switch-thumb" />
      </BaseSwitch.Root>
      <span>{children}</span>
    </label>
  );
}
