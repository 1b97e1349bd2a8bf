import { useCallback, useDeferredValue, useMemo, useRef } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useShortcut } from '../../app/shortcuts.ts';
import { Card, EmptyState, Select, TextInput, useNarrow } from '../../design/index.ts';
import type { ConfigurationChange, ConfigurationText } from './answers.ts';
import { type Draft, drafted, draftedValue, isSame, optionNameOf } from './draft.ts';
import { OptionRow } from './option-row.tsx';
import { matches, type Option, optionsOf, type Section, valueIn } from './options.ts';

/** What OptionList takes. */
export interface OptionListProps {
  readonly sections: readonly Section[];
  readonly configuration: ConfigurationText;
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  /** What the draft would change, where that is known already. */
  readonly plan: ConfigurationChange | undefined;
  readonly disabled: boolean;
}

/** All options by sections, with a search over their names and help. */
export function OptionList({ sections, configuration, draft, onDraft, plan, disabled }: OptionListProps) {
  const [search, setSearch] = usePageSearch();
  const words = useDeferredValue((search.q ?? '').trim());
  const input = useRef<HTMLInputElement>(null);
  const narrow = useNarrow();
  useShortcut('/', 'Search the settings', () => input.current?.focus());
  const { settings } = configuration;

  const chosen = sections.find(({ name }) => name === search.section) ?? sections[0];
  const shown = useMemo(() => {
    if (words === '') return chosen === undefined ? [] : [chosen];
    return sections.flatMap((section) => {
      const groups = section.groups
        .map((group) => ({ ...group, options: group.options.filter((one) => matches(one, words)) }))
        .filter(({ options }) => options.length > 0);
      return groups.length === 0 ? [] : [{ ...section, groups }];
    });
  }, [sections, chosen, words]);
  const found = shown.reduce((sum, section) => sum + optionsOf(section).length, 0);

  const live = useMemo(() => new Map(plan?.changes.map((one) => [one.name, one.live])), [plan]);
  const mistakes = useMemo(
    () => new Map(plan?.mistakes.map(({ message }) => [optionNameOf(message), message])),
    [plan],
  );
  const marks = useMemo(
    () =>
      new Map(
        sections.map((section) => [
          section.name,
          optionsOf(section).filter(({ name }) => Object.hasOwn(draft, name)).length,
        ]),
      ),
    [sections, draft],
  );

  // Rows that were not edited stay as they are drawn.
  const latest = useRef({ draft, onDraft, settings });
  latest.current = { draft, onDraft, settings };
  const change = useCallback((option: Option, value: unknown) => {
    const now = latest.current;
    now.onDraft(drafted(now.draft, now.settings, option, value));
  }, []);
  const takeBack = useCallback((taken: string) => {
    const now = latest.current;
    now.onDraft(Object.fromEntries(Object.entries(now.draft).filter(([name]) => name !== taken)));
  }, []);

  const choose = (name: string) => setSearch({ section: name, q: undefined });
  return (
    <div className="settings-options">
      <nav className="settings-side" aria-label="Sections">
        <TextInput
          ref={input}
          type="search"
          aria-label="Search the settings"
          placeholder="Search names and help"
          value={search.q ?? ''}
          onChange={({ currentTarget }) => setSearch({ q: currentTarget.value }, { replace: true })}
        />
        {narrow ? (
          <Select
            label="Section"
            value={chosen?.name ?? ''}
            options={sections.map(({ name }) => ({ value: name, label: name }))}
            onChange={choose}
          />
        ) : (
          <ul>
            {sections.map(({ name }) => (
              <li key={name}>
                <button
                  type="button"
                  className="settings-section"
                  aria-current={words === '' && name === chosen?.name ? 'true' : undefined}
                  onClick={() => choose(name)}
                >
                  {name}
                  {(marks.get(name) ?? 0) > 0 && (
                    <span className="settings-mark" title="edited">
                      {marks.get(name)}
                    </span>
                  )}
                </button>
              </li>
            ))}
          </ul>
        )}
      </nav>
      <div className="stack settings-groups">
        {words !== '' && (
          <p className="muted" role="status">
            {found === 0 ? 'Nothing' : found} {found === 1 ? 'setting' : 'settings'} with “{words}”
          </p>
        )}
        {found === 0 && (
          <EmptyState icon="search" title="No setting has these words">
            Search for fewer words: each must stand in the name or in the help of a setting.
          </EmptyState>
        )}
        {shown.map((section) =>
          section.groups.map((group) => (
            <Card
              key={`${section.name}.${group.name}`}
              flush
              title={
                <>
                  <code>{group.name === '' ? section.name : `${section.name}.${group.name}`}</code>{' '}
                  <span className="muted settings-help">{group.name === '' ? section.help : group.help}</span>
                </>
              }
            >
              {group.options.map((option) => {
                const inFile = valueIn(settings, option.name);
                return (
                  <OptionRow
                    key={option.name}
                    option={option}
                    value={draftedValue(draft, settings, option)}
                    isSet={inFile !== undefined && !isSame(inFile, option.standard)}
                    isDrafted={Object.hasOwn(draft, option.name)}
                    live={live.get(option.name)}
                    isPending={configuration.pending.includes(option.name)}
                    mistake={mistakes.get(option.name)}
                    disabled={disabled}
                    onChange={change}
                    onTakeBack={takeBack}
                  />
                );
              })}
            </Card>
          )),
        )}
      </div>
    </div>
  );
}
