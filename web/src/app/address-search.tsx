import '../design/field.css';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { addressOf } from '../data/address.ts';
import { Icon } from '../design/icon.tsx';
import { useShortcut } from './shortcuts.ts';

/** The field in the header: an address leads to all that is known of it. */
export function AddressSearch() {
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  useShortcut('/', 'Search', () => input.current?.focus());
  const submit = () => {
    const address = addressOf(text);
    setWrong(address === undefined);
    if (address === undefined) return;
    setText('');
    input.current?.blur();
    void navigate({ to: '/timeline', search: { address } });
  };
  return (
    <search className="address-search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Icon name="search" size={14} />
        <input
          ref={input}
          className="input"
          value={text}
          placeholder="Address"
          aria-label="Address to look up"
          aria-invalid={wrong}
          aria-describedby={wrong ? 'address-search-wrong' : undefined}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={64}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
          onKeyDown={(event) => event.key === 'Escape' && input.current?.blur()}
        />
        <kbd>/</kbd>
        {wrong && (
          <div id="address-search-wrong" className="address-search-wrong" role="alert">
            Not an address. Write IPv4 or IPv6: 192.0.2.1, 2001:db8::1.
          </div>
        )}
      </form>
    </search>
  );
}
