import { useState } from 'react';
import { addressOf } from '../data/address.ts';
import { Dialog } from '../design/dialog.tsx';
import { activeShortcuts } from './shortcuts.ts';

/** Something that can be asked for by its name. */
export interface Command {
  readonly name: string;
  readonly keys?: string;
  readonly run: () => void;
}

interface CommandDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly commands: readonly Command[];
  /** Looks up what was written when it is an address. */
  readonly lookUp: (address: string) => void;
}

/** Finds a page or an action by its name, or an address: `Ctrl k`. */
export function CommandDialog({ open, onClose, commands, lookUp }: CommandDialogProps) {
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);
  const words = text.trim().toLowerCase();
  const address = addressOf(text);
  const found: readonly Command[] = [
    ...(address === undefined ? [] : [{ name: `Look up ${address}`, run: () => lookUp(address) }]),
    ...commands.filter((command) => command.name.toLowerCase().includes(words)),
  ];
  const at = Math.min(index, Math.max(0, found.length - 1));
  const close = () => {
    setText('');
    setIndex(0);
    onClose();
  };
  const choose = (command: Command | undefined) => {
    if (command === undefined) return;
    close();
    command.run();
  };
  return (
    <Dialog open={open} onClose={close} title="Go to">
      <div className="command">
        <input
          className="input"
          value={text}
          placeholder="A page, an action, an address"
          aria-label="A page, an action, an address"
          role="combobox"
          aria-expanded="true"
          aria-controls="command-list"
          aria-activedescendant={found.length === 0 ? undefined : `command-${at}`}
          maxLength={64}
          onChange={(event) => {
            setText(event.target.value);
            setIndex(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setIndex(Math.min(found.length - 1, at + 1));
            else if (event.key === 'ArrowUp') setIndex(Math.max(0, at - 1));
            else if (event.key === 'Enter') choose(found[at]);
            else return;
            event.preventDefault();
          }}
        />
        <div
          id="command-list"
          role="listbox"
          aria-label="What was found"
          className="command-list"
          tabIndex={-1}
        >
          {found.map((command, position) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
            <div
              key={command.name}
              id={`command-${position}`}
              role="option"
              tabIndex={-1}
              aria-selected={position === at}
              className="menu-item"
              data-highlighted={position === at ? '' : undefined}
              onPointerMove={() => setIndex(position)}
              onClick={() => choose(command)}
            >
              {command.name}
              {command.keys !== undefined && (
                <span className="menu-keys">
                  <kbd>{command.keys}</kbd>
                </span>
              )}
            </div>
          ))}
          {found.length === 0 && <p className="muted command-none">Nothing has that name.</p>}
        </div>
      </div>
    </Dialog>
  );
}

/** Lists the keys that work now: `?`. */
export function KeysDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="keys">
        {activeShortcuts().map(({ keys, description }) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{description}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>↑</kbd>
            <kbd>↓</kbd>
            <kbd>Enter</kbd>
          </dt>
          <dd>Move through rows, open one</dd>
        </div>
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Close what is open</dd>
        </div>
      </dl>
    </Dialog>
  );
}
