import { useEffect, useState } from 'react';
import type { SetSearch } from '../../app/search.ts';
import { IconButton, Select, TextInput, TimeRangeSelect, Toolbar, ToolbarGroup } from '../../design/index.ts';
import { EVIDENCE_TYPES } from './story.ts';
import { type Shown, subjectOf, type TimelineSearch } from './timeline-search.ts';

const ANY = 'any';
const TYPES = [
  { value: ANY, label: 'All types' },
  ...Object.entries(EVIDENCE_TYPES).map(([value, label]) => ({ value, label })),
];
const SHOWN: readonly { readonly value: Shown; readonly label: string }[] = [
  { value: 'all', label: 'Incidents and evidence' },
  { value: 'incidents', label: 'Incidents' },
  { value: 'evidence', label: 'Evidence' },
];
const SCORES = ['0', '20', '40', '70', '90'].map((value) => ({
  value,
  label: value === '0' ? 'Any score' : `Score ${value} and more`,
}));

/** What is shown: of whom, which type, how bad, how far back. All of it stands in the page's address. */
export function TimelineFilters({
  search,
  setSearch,
}: {
  readonly search: TimelineSearch;
  readonly setSearch: SetSearch;
}) {
  const [text, setText] = useState(search.address ?? '');
  useEffect(() => setText(search.address ?? ''), [search.address]);
  const wanted = subjectOf(text);
  const isWrong = text.trim() !== '' && wanted === undefined;
  return (
    <Toolbar label="Filter">
      <ToolbarGroup grow>
        <form
          className="timeline-address"
          onSubmit={(event) => {
            event.preventDefault();
            if (!isWrong) setSearch({ address: wanted, incident: undefined, evidence: undefined });
          }}
        >
          <TextInput
            className="mono"
            aria-label="Address or network"
            aria-invalid={isWrong}
            title={isWrong ? 'Neither an address nor a network' : undefined}
            placeholder="Address or network"
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {search.address !== undefined && (
            <IconButton
              icon="close"
              label="Show all addresses"
              onClick={() => setSearch({ address: undefined })}
            />
          )}
        </form>
      </ToolbarGroup>
      <ToolbarGroup>
        <Select
          label="What is shown"
          value={search.show}
          options={SHOWN}
          onChange={(show) =>
            setSearch({
              show: show === 'all' ? undefined : show,
              ...(show === 'incidents' ? { type: undefined } : {}),
            })
          }
        />
        <Select
          label="Type of evidence"
          value={search.type ?? ANY}
          options={
            search.type === undefined || Object.hasOwn(EVIDENCE_TYPES, search.type)
              ? TYPES
              : [...TYPES, { value: search.type, label: search.type }]
          }
          onChange={(type) => setSearch({ type: type === ANY ? undefined : type })}
        />
      </ToolbarGroup>
      <ToolbarGroup>
        <Select
          label="Least score"
          value={String(search.score)}
          options={
            SCORES.some(({ value }) => value === String(search.score))
              ? SCORES
              : [...SCORES, { value: String(search.score), label: `Score ${search.score} and more` }]
          }
          onChange={(score) => setSearch({ score: score === '0' ? undefined : score })}
        />
        <TimeRangeSelect
          value={search.range}
          onChange={(range) => setSearch({ range: range === '24h' ? undefined : range })}
        />
      </ToolbarGroup>
    </Toolbar>
  );
}
