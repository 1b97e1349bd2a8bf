import { useMemo, useState } from 'react';
import { useMay } from '../../data/session.ts';
import { Badge, Button } from '../../design/index.ts';
import { useRested } from '../../editor/rested.ts';
import type { ConfigurationText } from './answers.ts';
import { usePlan } from './changing.ts';
import { useDraft } from './draft.ts';
import { OptionList } from './option-list.tsx';
import type { Section } from './options.ts';
import { PlanDialog } from './plan-dialog.tsx';

/** The options with what was edited: it is planned while one edits, and applied from the bar below. */
export function OptionsView({
  sections,
  configuration,
}: {
  readonly sections: readonly Section[];
  readonly configuration: ConfigurationText;
}) {
  const [draft, setDraft] = useDraft();
  const [planning, setPlanning] = useState(false);
  const mayEdit = useMay('operator') && configuration.closed === '';
  const count = Object.keys(draft).length;
  const rested = useRested(draft);
  const plan = usePlan(
    useMemo(() => (Object.keys(rested).length === 0 ? undefined : { set: rested }), [rested]),
  );
  const known = count > 0 ? plan.data : undefined;
  const mistakes = known?.mistakes.length ?? 0;
  return (
    <>
      <OptionList
        sections={sections}
        configuration={configuration}
        draft={draft}
        onDraft={setDraft}
        plan={known}
        disabled={!mayEdit}
      />
      {count > 0 && (
        <section className="draft-bar" aria-label="Edits">
          <strong>{count === 1 ? '1 edit' : `${count} edits`}</strong>
          {mistakes > 0 && (
            <Badge tone="danger">{mistakes === 1 ? '1 mistake' : `${mistakes} mistakes`}</Badge>
          )}
          <span className="draft-names ellipsis mono">{Object.keys(draft).join(', ')}</span>
          <Button onClick={() => setDraft({})}>Discard</Button>
          <Button kind="primary" onClick={() => setPlanning(true)}>
            Plan
          </Button>
        </section>
      )}
      {planning && (
        <PlanDialog
          wish={{ set: draft }}
          configuration={configuration}
          onClose={() => setPlanning(false)}
          onApplied={() => setDraft({})}
        />
      )}
    </>
  );
}
