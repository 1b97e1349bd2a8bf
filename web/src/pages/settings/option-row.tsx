import { memo, type ReactNode } from 'react';
import { Badge, classNames, IconButton } from '../../design/index.ts';
import { withoutName } from './draft.ts';
import { boundsOf } from './option-bounds.ts';
import { OptionControl } from './option-control.tsx';
import { type Option, wordsOf } from './options.ts';

/** What OptionRow takes. */
export interface OptionRowProps {
  readonly option: Option;
  readonly value: unknown;
  /** True: the file has another value than the default. */
  readonly isSet: boolean;
  /** True: an edit that is not applied yet. */
  readonly isDrafted: boolean;
  /** True: at once; false: with a new start; undefined: not planned yet. */
  readonly live: boolean | undefined;
  /** True: it stands in the file, and waits for a new start. */
  readonly isPending: boolean;
  readonly mistake: string | undefined;
  readonly disabled: boolean;
  /** Undefined: the default. */
  readonly onChange: (option: Option, value: unknown) => void;
  readonly onTakeBack: (name: string) => void;
}

/** Names in backticks as code. */
function helpOf(help: string): readonly ReactNode[] {
  // biome-ignore lint/suspicious/noArrayIndexKey: the pieces have no other
  return help.split('`').map((piece, index) => (index % 2 === 0 ? piece : <code key={index}>{piece}</code>));
}

/** An option: its name, what it does, its control, what is special about it. */
export const OptionRow = memo(function OptionRow(props: OptionRowProps) {
  const { option, value, isSet, isDrafted, live, isPending, mistake, disabled } = props;
  const bounds = boundsOf(option);
  return (
    <div className={classNames('option', isDrafted && 'option-drafted')}>
      <div className="option-words">
        <div className="option-head">
          <code className="option-name">{option.short}</code>
          {isDrafted && <Badge tone="accent">edited</Badge>}
          {!isDrafted && isSet && <Badge title={`The default is ${wordsOf(option.standard)}.`}>set</Badge>}
          {isDrafted && live !== undefined && (
            <Badge tone={live ? 'good' : 'warning'}>{live ? 'at once' : 'with a new start'}</Badge>
          )}
          {isPending && <Badge tone="warning">waits for a new start</Badge>}
        </div>
        <p className="option-help">{helpOf(option.help)}</p>
        <p className="option-facts">
          Default {wordsOf(option.standard)}
          {bounds !== '' && ` · ${bounds}`}
        </p>
      </div>
      <div className="option-control">
        <div className="option-input">
          <OptionControl
            option={option}
            value={value}
            disabled={disabled}
            onChange={(next) => props.onChange(option, next)}
          />
        </div>
        {!disabled && isDrafted ? (
          <IconButton
            icon="undo"
            label={`Take back the edit of ${option.name}`}
            onClick={() => props.onTakeBack(option.name)}
          />
        ) : (
          !disabled &&
          isSet && (
            <IconButton
              icon="refresh"
              label={`Set ${option.name} to its default`}
              onClick={() => props.onChange(option, undefined)}
            />
          )
        )}
        {mistake !== undefined && (
          <p className="option-mistake" role="alert">
            {withoutName(mistake)}
          </p>
        )}
      </div>
    </div>
  );
});
