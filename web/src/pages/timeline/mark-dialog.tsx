import { useState } from 'react';
import { useApiChange } from '../../data/queries.ts';
import { refreshExceptions, tell } from '../../deciding/index.ts';
import { ConfirmDialog, Field, TextInput, toast } from '../../design/index.ts';
import type { Correlation } from './answers.ts';
import { refreshTimeline } from './refresh.ts';

/** Says whether a piece of evidence was right. Undefined `as`: it is closed. */
export function MarkDialog({
  correlation: { id, reason, address },
  as,
  onClose,
}: {
  readonly correlation: Correlation;
  readonly as: 'true' | 'false' | undefined;
  readonly onClose: () => void;
}) {
  const [shown, setShown] = useState<'true' | 'false'>('false');
  if (as !== undefined && as !== shown) setShown(as);
  const [note, setNote] = useState('');
  const mark = useApiChange<'true' | 'false', { readonly done: string }>((verdict) => ({
    method: 'POST',
    path: `/correlations/${id}/mark`,
    body: { as: verdict, note: note.trim() },
  }));
  const confirm = () =>
    mark.mutate(shown, {
      onSuccess: ({ done }) => {
        toast({
          title: shown === 'false' ? 'Marked as a false alarm' : 'Marked as right',
          text: done,
          tone: 'good',
        });
        refreshTimeline();
        refreshExceptions();
        onClose();
      },
      onError: (error) => tell('It was not marked', error),
    });
  return (
    <ConfirmDialog
      open={as !== undefined}
      onClose={onClose}
      title={shown === 'false' ? 'A false alarm?' : 'Was it right?'}
      confirm={shown === 'false' ? 'Mark as false alarm' : 'Mark as right'}
      busy={mark.isPending}
      onConfirm={confirm}
    >
      <div className="stack">
        <p>
          {reason} <span className="muted">by</span> <span className="mono">{address}</span>
        </p>
        <p className="muted">
          {shown === 'false'
            ? 'It counts no more against the address. From three marks of one rule on weir proposes an exception. It lifts no ban.'
            : 'It keeps counting, and no exception is proposed that would have let it pass.'}
        </p>
        <Field label="Note">
          <TextInput
            value={note}
            maxLength={256}
            placeholder="a test of ours"
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </Field>
      </div>
    </ConfirmDialog>
  );
}
