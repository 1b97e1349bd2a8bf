import { useId, useState } from 'react';
import { Button, IconButton, Select, Switch, TextArea, TextInput } from '../../design/index.ts';
import type { Option } from './options.ts';

/** What OptionControl takes. */
export interface OptionControlProps {
  readonly option: Option;
  readonly value: unknown;
  readonly disabled: boolean;
  readonly onChange: (value: unknown) => void;
}

/** The control that fits an option. */
export function OptionControl({ option, value, disabled, onChange }: OptionControlProps) {
  switch (option.kind) {
    case 'switch':
      return (
        <Switch checked={value === true} disabled={disabled} onChange={onChange}>
          <span className="visually-hidden">{option.name}</span>
          <span aria-hidden="true">{value === true ? 'On' : 'Off'}</span>
        </Switch>
      );
    case 'choice':
      return (
        <Select
          label={option.name}
          value={String(value)}
          disabled={disabled}
          options={option.words.map((word) => ({ value: word, label: word }))}
          onChange={onChange}
        />
      );
    case 'number':
      return (
        <TextInput
          inputMode="numeric"
          aria-label={option.name}
          className="option-number"
          value={textOf(value)}
          disabled={disabled}
          onChange={({ currentTarget }) => onChange(typed(currentTarget.value))}
        />
      );
    case 'paragraph':
      return (
        <TextArea
          aria-label={option.name}
          rows={2}
          value={textOf(value)}
          disabled={disabled}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'text':
      return (
        <TextInput
          aria-label={option.name}
          className="mono"
          spellCheck={false}
          value={textOf(value)}
          placeholder={PLACEHOLDERS[option.form]}
          disabled={disabled}
          onChange={({ currentTarget }) =>
            onChange(option.form === 'count' ? typed(currentTarget.value) : currentTarget.value)
          }
        />
      );
    case 'lines':
      return <Lines option={option} value={value} disabled={disabled} onChange={onChange} />;
    default:
      return option.kind satisfies never;
  }
}

/** What may stand there, where nothing does. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  size: '2GiB',
  duration: '30s',
  count: 'auto',
  path: '/var/lib/weir/…',
  prefix: '192.0.2.0/24',
  endpoint: '127.0.0.1:8080',
  origin: 'http://127.0.0.1:3000',
  route: 'shop.example.org/api=http://127.0.0.1:3000',
  host: '*.bank.example',
  url: 'https://hooks.example.org/weir',
  mail: 'admin@example.org',
  filter: 'not port 22',
};

/** A number where one stands there; what is none is left for the plan to refuse, so that it can be mended. */
function typed(text: string): unknown {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

/** A list of texts: those there are, each with a cross, and a line for another. Several lines may be pasted. */
function Lines({ option, value, disabled, onChange }: OptionControlProps) {
  const [text, setText] = useState('');
  const help = useId();
  const items = Array.isArray(value) ? value.map(String) : [];
  const add = (pasted: string) => {
    const wanted = pasted.split(/[\n,]/).map((part) => part.trim());
    const added = wanted.filter((part) => part !== '' && !items.includes(part));
    if (added.length > 0) onChange([...items, ...new Set(added)]);
    setText('');
  };
  return (
    <div className="option-lines">
      {items.length > 0 && (
        <ul className="option-chips">
          {items.map((item) => (
            <li key={item} className="option-chip">
              <span className="mono">{item}</span>
              {!disabled && (
                <IconButton
                  icon="close"
                  label={`Remove ${item}`}
                  onClick={() => onChange(items.filter((other) => other !== item))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {!disabled && (
        <form
          className="option-add"
          onSubmit={(event) => {
            event.preventDefault();
            add(text);
          }}
        >
          <TextInput
            aria-label={`Another of ${option.name}`}
            aria-describedby={help}
            className="mono"
            spellCheck={false}
            value={text}
            placeholder={PLACEHOLDERS[option.form] ?? 'another'}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
            onBlur={() => add(text)}
            onPaste={(event) => {
              const pasted = event.clipboardData.getData('text');
              if (!pasted.includes('\n')) return;
              event.preventDefault();
              add(pasted);
            }}
          />
          <Button type="submit" icon="plus" disabled={text.trim() === ''}>
            Add
          </Button>
          <span id={help} className="visually-hidden">
            Enter adds it; several lines may be pasted at once.
          </span>
        </form>
      )}
      {disabled && items.length === 0 && <span className="muted">none</span>}
    </div>
  );
}
