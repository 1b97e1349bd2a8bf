import { useState } from 'react';
import { useMay } from '../../data/session.ts';
import { Badge, Button, CopyButton, Toolbar, ToolbarGroup } from '../../design/index.ts';
import { CodeEditor } from '../../editor/code-editor.tsx';
import { useRested } from '../../editor/rested.ts';
import type { ConfigurationText } from './answers.ts';
import { usePlan } from './changing.ts';
import { useDraft, useDraftText } from './draft.ts';
import { PlanDialog } from './plan-dialog.tsx';

/** The file of the configuration: the same plan, for who would rather write it. */
export function TextView({ configuration }: { readonly configuration: ConfigurationText }) {
  const [text, setText] = useDraftText();
  const [planning, setPlanning] = useState(false);
  const [draft, setDraft] = useDraft();
  const drafts = Object.keys(draft).length;
  const mayEdit = useMay('operator') && configuration.closed === '';
  const shown = text ?? configuration.text;
  const edited = shown !== configuration.text;
  const rested = useRested(edited ? shown : undefined);
  const plan = usePlan(rested === undefined ? undefined : { text: rested });
  const merged = usePlan(drafts === 0 ? undefined : { text: shown, set: draft });
  const mistakes = edited ? (plan.data?.mistakes ?? []) : [];
  return (
    <div className="stack">
      <Toolbar label="The file">
        <ToolbarGroup grow>
          <code className="ellipsis">{configuration.file === '' ? 'weir.yaml' : configuration.file}</code>
          {edited && <Badge tone="accent">edited</Badge>}
          {mistakes.length > 0 && (
            <Badge tone="danger">{mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`}</Badge>
          )}
        </ToolbarGroup>
        <ToolbarGroup end>
          <CopyButton text={shown} label="Copy the text" />
          {drafts > 0 && mayEdit && (
            <Button
              disabled={merged.data === undefined}
              onClick={() => {
                setText(merged.data?.text ?? shown);
                setDraft({});
              }}
            >
              Put in {drafts === 1 ? '1 edit' : `${drafts} edits`} of the options
            </Button>
          )}
          <Button disabled={!edited} onClick={() => setText(undefined)}>
            Discard
          </Button>
          <Button kind="primary" disabled={!edited} onClick={() => setPlanning(true)}>
            Plan
          </Button>
        </ToolbarGroup>
      </Toolbar>
      <CodeEditor
        label="Text of the configuration"
        language="yaml"
        value={shown}
        {...(mayEdit ? { onChange: setText } : {})}
        mistakes={mistakes}
        height="max(320px, calc(100dvh - 240px))"
      />
      {mistakes.length > 0 && (
        <ul className="plan-list" aria-label="Mistakes">
          {mistakes.map(({ line, column, message }) => (
            <li key={`${line}:${column}:${message}`} className="option-mistake">
              <code>
                {line}:{column}
              </code>{' '}
              {message}
            </li>
          ))}
        </ul>
      )}
      {planning && (
        <PlanDialog
          wish={{ text: shown }}
          configuration={configuration}
          onClose={() => setPlanning(false)}
          onApplied={() => setText(undefined)}
        />
      )}
    </div>
  );
}
