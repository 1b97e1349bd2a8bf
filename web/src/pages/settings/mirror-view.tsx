import { useState } from 'react';
import { useApi, useApiChange } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import {
  Badge,
  Button,
  Card,
  ConfirmDialog,
  Count,
  EmptyState,
  ErrorState,
  Field,
  KeyValue,
  Skeleton,
  TextInput,
  toast,
} from '../../design/index.ts';
import type { Mirrors } from './answers.ts';

/** What is asked before it is done. */
type Wish = { readonly kind: 'start' | 'stop'; readonly source: string };

/** Copies of interfaces for the sensor: what is mirrored, whether both directions are there, start and stop. */
export function MirrorView() {
  const mirrors = useApi<Mirrors>('/mirror', {}, { everyMs: 5_000 });
  const mayMirror = useMay('admin');
  const [source, setSource] = useState('');
  const [wish, setWish] = useState<Wish>();
  const change = useApiChange<Wish, Mirrors>(
    ({ kind, source: name }) => ({
      method: kind === 'start' ? 'POST' : 'DELETE',
      path: '/mirror',
      ...(kind === 'start'
        ? { body: name === '' ? {} : { source: name } }
        : { params: name === '' ? {} : { source: name } }),
    }),
    ['/mirror'],
  );
  const run = (wanted: Wish) =>
    change.mutate(wanted, {
      onSuccess: ({ notes }) =>
        toast({
          title: wanted.kind === 'start' ? 'The mirror runs' : 'The mirror has ended',
          ...(notes.length === 0 ? {} : { text: notes.join(' ') }),
          tone: 'good',
        }),
      onError: (error) => toast({ title: 'The mirror was not changed', text: error.message, tone: 'danger' }),
      onSettled: () => setWish(undefined),
    });
  return (
    <div className="stack">
      <p className="muted settings-lead">
        A mirror copies every packet of an interface with <code>tc</code> to another, where the sensor
        captures it. It lasts until it is stopped; one that shall be there with each start is the setting{' '}
        <code>capture.mirror</code>.
      </p>
      {mirrors.isError && (
        <ErrorState
          title="The mirrors are not known"
          error={mirrors.error}
          retry={() => void mirrors.refetch()}
        />
      )}
      {mirrors.isPending && <Skeleton height={120} />}
      {mirrors.data?.notes.map((note) => (
        <p key={note} className="notice" role="status">
          {note}
        </p>
      ))}
      {mirrors.data?.mirrors.length === 0 && (
        <Card>
          <EmptyState icon="copy" title="Nothing is mirrored">
            Where the sensor sees the traffic anyway, as on a gateway, none is needed.
          </EmptyState>
        </Card>
      )}
      <div className="grid">
        {mirrors.data?.mirrors.map((mirror) => (
          <Card
            key={mirror.source}
            title={<code>{mirror.source}</code>}
            actions={
              mayMirror && (
                <Button small onClick={() => setWish({ kind: 'stop', source: mirror.source })}>
                  Stop
                </Button>
              )
            }
          >
            <KeyValue
              items={[
                [
                  'State',
                  mirror.whole ? (
                    <Badge key="state" tone="good" dot>
                      whole
                    </Badge>
                  ) : (
                    <Badge
                      key="state"
                      tone="danger"
                      dot
                      title="One direction is missing: stop it and start it again."
                    >
                      broken
                    </Badge>
                  ),
                ],
                ['Mode', mirror.mode],
                ['Captured at', <code key="capture">{mirror.capture}</code>],
                ['Packets', <Count key="packets" value={mirror.packets} />],
              ]}
            />
          </Card>
        ))}
      </div>
      {mayMirror ? (
        <Card title="Start a mirror">
          <form
            className="settings-form"
            onSubmit={(event) => {
              event.preventDefault();
              setWish({ kind: 'start', source: source.trim() });
            }}
          >
            <Field label="Interface" help="Empty: that of the default route.">
              <TextInput
                className="mono"
                maxLength={15}
                placeholder="eth0"
                value={source}
                onChange={({ currentTarget }) => setSource(currentTarget.value)}
              />
            </Field>
            <Button type="submit" icon="play">
              Start
            </Button>
          </form>
        </Card>
      ) : (
        <p className="muted">An admin can start and stop mirrors.</p>
      )}
      {wish !== undefined && (
        <ConfirmDialog
          open
          title={wish.kind === 'start' ? 'Start a mirror' : 'Stop the mirror'}
          confirm={wish.kind === 'start' ? 'Start' : 'Stop'}
          kind={wish.kind === 'start' ? 'primary' : 'danger'}
          busy={change.isPending}
          onClose={() => setWish(undefined)}
          onConfirm={() => run(wish)}
        >
          {wish.kind === 'start' ? (
            <p>
              Each packet of <code>{wish.source || 'the interface of the default route'}</code> is copied from
              now on, until the mirror is stopped.
            </p>
          ) : (
            <p>
              Packets of <code>{wish.source}</code> are copied no longer; a sensor that captures the copies
              sees nothing.
            </p>
          )}
        </ConfirmDialog>
      )}
    </div>
  );
}
