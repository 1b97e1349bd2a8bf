import { useApi, useApiChange } from '../../data/queries.ts';
import { tell } from '../../deciding/index.ts';
import { ConfirmDialog, toast } from '../../design/index.ts';
import type { Reputation } from './answers.ts';
import { refreshTimeline } from './refresh.ts';
import { inPath } from './story.ts';

/** Asks whether what speaks against an address is to be forgotten. */
export function ResetDialog({
  address,
  open,
  onClose,
}: {
  readonly address: string;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  const path = `/addresses/${inPath(address)}/reputation`;
  const reputation = useApi<Reputation>(path, {}, { enabled: open });
  const reset = useApiChange<void, { readonly done: string }>(() => ({ method: 'DELETE', path }));
  const confirm = () =>
    reset.mutate(undefined, {
      onSuccess: ({ done }) => {
        toast({ title: 'Reputation reset', text: done, tone: 'good' });
        refreshTimeline();
        onClose();
      },
      onError: (error) => tell('Nothing was forgotten', error),
    });
  const count = reputation.data?.explanation?.contributions.length ?? 0;
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={`Reset the reputation of ${address}`}
      confirm="Forget what speaks against it"
      kind="danger"
      busy={reset.isPending}
      onConfirm={confirm}
    >
      <p>
        Its reputation is <b>{reputation.data === undefined ? '…' : Math.round(reputation.data.score)}</b> of
        100, out of {count} {count === 1 ? 'reason' : 'reasons'}. All of that is forgotten: it begins anew at
        0. This cannot be taken back. Evidence and decisions stay.
      </p>
    </ConfirmDialog>
  );
}
