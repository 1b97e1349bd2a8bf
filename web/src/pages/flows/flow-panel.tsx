import { lazy, type MouseEvent, Suspense, useState } from 'react';
import type { Static } from 'typebox';
import type { ConversationSchema } from '../../../../src/api/schema/flow.ts';
import { savePackets } from '../../conversation/packet-download.ts';
import { ApiError } from '../../data/api-error.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import {
  CopyButton,
  EmptyState,
  ErrorState,
  IconButton,
  SidePanel,
  Skeleton,
  Tabs,
  toast,
} from '../../design/index.ts';
import { FlowFacts } from './flow-facts.tsx';
import { FlowRecords } from './flow-records.tsx';

const ConversationView = lazy(() =>
  import('../../conversation/conversation-view.tsx').then(({ ConversationView }) => ({
    default: ConversationView,
  })),
);

/** All that is known of a conversation. */
export type Conversation = Static<typeof ConversationSchema>;

type Tab = 'facts' | 'records' | 'conversation';

/** What FlowPanel takes. */
export interface FlowPanelProps {
  /** Number of the flow, or community id. */
  readonly id: string;
  readonly tab: string | undefined;
  readonly setTab: (tab: Tab) => void;
  readonly onClose: () => void;
  /** Values in it narrow the question, too. */
  readonly onPivot: (event: MouseEvent<HTMLElement>) => void;
}

const OPEN_EVERY_MS = 5_000;

/** A flow with its facts, its records, and what was said in it. */
export function FlowPanel({ id, tab, setTab, onClose, onPivot }: FlowPanelProps) {
  const [isOpen, setOpen] = useState(false);
  const path = `/flows/${encodeURIComponent(id)}`;
  const told = useApi<Conversation>(path, {}, isOpen ? { everyMs: OPEN_EVERY_MS } : {});
  const mayRead = useMay('operator');
  const [saving, setSaving] = useState(false);
  const story = told.data;
  const flow = story?.open[0] ?? story?.flows[0];
  if (story !== undefined && story.open.length > 0 !== isOpen) setOpen(!isOpen);
  const chosen: Tab = tab === 'records' || tab === 'conversation' ? tab : 'facts';
  const save = async () => {
    setSaving(true);
    try {
      await savePackets(`${path}/packets`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast({ title: error.problem.title, text: error.message, tone: 'danger' });
    } finally {
      setSaving(false);
    }
  };
  return (
    <SidePanel
      title={flow === undefined ? 'Flow' : flow.name || `${flow.destination}`}
      onClose={onClose}
      actions={
        <>
          {story !== undefined && story.communityId !== '' && (
            <CopyButton text={story.communityId} label={`Copy the community id ${story.communityId}`} />
          )}
          <IconButton
            icon="download"
            label={
              mayRead
                ? 'Save its packets as pcapng'
                : 'Its packets are for operators: weir token create NAME --role operator'
            }
            disabled={!mayRead || saving}
            aria-busy={saving}
            onClick={() => void save()}
          />
        </>
      }
    >
      {told.error !== null ? (
        told.error.status === 404 ? (
          <EmptyState icon="flows" title="Nothing is known of this flow">
            {told.error.message}. <code>store.retention</code> in weir.yaml says how long flows are kept.
          </EmptyState>
        ) : (
          <ErrorState
            title="The flow could not be read"
            error={told.error}
            retry={() => void told.refetch()}
          />
        )
      ) : story === undefined || flow === undefined ? (
        story === undefined ? (
          <Skeleton height={320} />
        ) : (
          <FlowRecords records={story.records} isCutOff={story.isCutOff} />
        )
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: hears of the buttons in it
        // biome-ignore lint/a11y/useKeyWithClickEvents: the buttons have keys of their own
        <div onClick={onPivot}>
          <Tabs
            label="Of this flow"
            value={chosen}
            onChange={setTab}
            items={[
              { value: 'facts', label: 'Facts', content: <FlowFacts flow={flow} story={story} /> },
              {
                value: 'records',
                label: `Records (${story.records.length}${story.isCutOff ? '+' : ''})`,
                content: <FlowRecords records={story.records} isCutOff={story.isCutOff} />,
              },
              {
                value: 'conversation',
                label: 'Conversation',
                content: (
                  <Suspense fallback={<Skeleton height={240} />}>
                    <ConversationView id={id} />
                  </Suspense>
                ),
              },
            ]}
          />
        </div>
      )}
    </SidePanel>
  );
}
