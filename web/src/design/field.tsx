import './field.css';
import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox';
import { Field as BaseField } from '@base-ui/react/field';
import type { ComponentPropsWithRef, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Icon } from './icon.tsx';

/** What Field takes. */
export interface FieldProps {
  readonly label: ReactNode;
  /** What the value means, its unit, an example. */
  readonly help?: ReactNode;
  /** What is wrong with the value; tells it to screen readers, too. */
  readonly error?: string | undefined;
  /** One control: TextInput, TextArea, Select, Switch. */
  readonly children: ReactNode;
}

/** A control with its name, help and error. */
export function Field({ label, help, error, children }: FieldProps) {
  return (
    <BaseField.Root className="field" invalid={error !== undefined}>
      <BaseField.Label className="field-label">{label}</BaseField.Label>
      {children}
      {help !== undefined && <BaseField.Description className="field-help">{help}</BaseField.Description>}
      {error !== undefined && (
        <BaseField.Error className="field-error" match>
          {error}
        </BaseField.Error>
      )}
    </BaseField.Root>
  );
}

/** A line of text. Outside of a Field it needs `aria-label`. */
export function TextInput({ className, ...rest }: ComponentPropsWithRef<'input'>) {
  return <BaseField.Control {...(rest as object)} className={classNames('input', className)} />;
}

/** Several lines of text. */
export function TextArea({ className, ...rest }: ComponentPropsWithRef<'textarea'>) {
  return (
    <BaseField.Control
      render={<textarea {...rest} />}
      className={classNames('input', 'input-area', className)}
    />
  );
}

/** What Checkbox takes. */
export interface CheckboxProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

/** A choice of its own, with its name beside it. */
export function Checkbox({ checked, onChange, disabled, children }: CheckboxProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is Base UI's checkbox
    <label className="checkbox">
      <BaseCheckbox.Root
        className="checkbox-box"
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled ?? false}
      >
        <BaseCheckbox.Indicator className="checkbox-mark">
          <Icon name="check" size={12} />
        </BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      <span>{children}</span>
    </label>
  );
}
