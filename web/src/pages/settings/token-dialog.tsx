import { useState } from 'react';
import { useApiChange } from '../../data/queries.ts';
import type { Role } from '../../data/types.ts';
import { Button, CopyButton, Dialog, Field, Select, TextInput, toast } from '../../design/index.ts';
import type { NewToken } from './answers.ts';

const ROLES = [
  { value: 'viewer', label: 'viewer: reads' },
  { value: 'operator', label: 'operator: decides about addresses' },
  { value: 'admin', label: 'admin: changes weir itself' },
] as const;

const SPANS = [
  { value: '1d', label: 'a day' },
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
  { value: '365d', label: 'a year' },
  { value: '', label: 'until it is revoked' },
] as const;

/** As the server takes names. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/** Makes a token; its secret is shown here and never again. */
export function TokenDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [expires, setExpires] = useState<(typeof SPANS)[number]['value']>('90d');
  const make = useApiChange<void, NewToken>(
    () => ({
      method: 'POST',
      path: '/tokens',
      body: { name, role, ...(expires === '' ? {} : { expires }) },
    }),
    ['/tokens'],
  );
  const run = () =>
    make.mutate(undefined, {
      onError: (error) => toast({ title: 'No token was made', text: error.message, tone: 'danger' }),
    });
  if (make.data !== undefined) {
    return (
      <Dialog
        open
        onClose={onClose}
        title={`Token ${make.data.name}`}
        actions={
          <Button kind="primary" onClick={onClose}>
            I have it
          </Button>
        }
      >
        <div className="stack">
          <p>This is the only time that it is shown: weir keeps no more than its hash.</p>
          <div className="token-secret">
            <code>{make.data.token}</code>
            <CopyButton text={make.data.token} label="Copy the token" />
          </div>
          <p className="muted">
            Programs send it as <code>Authorization: Bearer …</code>; people log in with it.
          </p>
        </div>
      </Dialog>
    );
  }
  const wrong = name !== '' && !NAME.test(name);
  return (
    <Dialog
      open
      onClose={onClose}
      title="New token"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={make.isPending} disabled={!NAME.test(name)} onClick={run}>
            Make it
          </Button>
        </>
      }
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (NAME.test(name)) run();
        }}
      >
        <Field
          label="Name"
          help="What the record of changes calls who uses it."
          error={wrong ? 'Letters, digits and _ . @ -, beginning with a letter or digit.' : undefined}
        >
          <TextInput
            value={name}
            maxLength={64}
            autoComplete="off"
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
        </Field>
        <Field label="Role">
          <Select value={role} options={ROLES} onChange={setRole} />
        </Field>
        <Field label="Counts for">
          <Select value={expires} options={SPANS} onChange={setExpires} />
        </Field>
      </form>
    </Dialog>
  );
}
