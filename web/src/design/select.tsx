import './field.css';
import './overlay.css';
import { Select as BaseSelect } from '@base-ui/react/select';
import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';

/** One choice. */
export interface SelectOption<Value extends string> {
  readonly value: Value;
  readonly label: ReactNode;
}

/** What Select takes. */
export interface SelectProps<Value extends string> {
  /** Its name, unless it stands in a Field. */
  readonly label?: string;
  readonly value: Value;
  readonly options: readonly SelectOption<Value>[];
  readonly onChange: (value: Value) => void;
  readonly disabled?: boolean;
}

/** One of a few choices. */
export function Select<Value extends string>({
  label,
  value,
  options,
  onChange,
  disabled,
}: SelectProps<Value>) {
  return (
    <BaseSelect.Root
      items={options}
      value={value}
      onValueChange={(chosen) => chosen !== null && onChange(chosen)}
      disabled={disabled ?? false}
    >
      <BaseSelect.Trigger className="select" aria-label={label}>
        <BaseSelect.Value className="ellipsis" />
        <BaseSelect.Icon>
          <Icon name="down" size={14} />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner className="positioner" sideOffset={4} alignItemWithTrigger={false}>
          <BaseSelect.Popup className="popup menu">
            <BaseSelect.List>
              {options.map((option) => (
                <BaseSelect.Item key={option.value} value={option.value} className="menu-item">
                  <span className="menu-icon">
                    <BaseSelect.ItemIndicator>
                      <Icon name="check" size={14} />
                    </BaseSelect.ItemIndicator>
                  </span>
                  <BaseSelect.ItemText>{option.label}</BaseSelect.ItemText>
                </BaseSelect.Item>
              ))}
            </BaseSelect.List>
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}
