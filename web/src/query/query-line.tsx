import './query.css';
import { useEffect, useId, useRef, useState } from 'react';
import type { Static } from 'typebox';
import type { QueryCheckSchema } from '../../../src/api/schema/query.ts';
import { useShortcut } from '../app/shortcuts.ts';
import { useApi } from '../data/queries.ts';
import { Button, IconButton, Menu, MenuItem, MenuLabel, MenuSeparator } from '../design/index.ts';
import { forgetQuestions, pastQuestions, rememberQuestion } from './history.ts';
import type { QueryEditor } from './query-editor.ts';

/** What QueryLine takes. */
export interface QueryLineProps {
  /** The question that is shown now. */
  readonly value: string;
  /** Enter, a suggestion, one of before: this question is to be asked. */
  readonly onRun: (question: string) => void;
  /** What is looked through, for its name: `Flows`. */
  readonly scope: string;
  /** Shown while nothing is written. */
  readonly hint?: string;
}

/** Milliseconds without a key until what is written is checked. */
const CHECK_AFTER_MS = 250;
const SHOWN_BEFORE = 12;

/**
 * The line for questions: completes fields, operators and values, says what is not understood, keeps what was asked before
 * (arrow up, and the menu at its end). `/` goes there, Enter asks.
 */
export function QueryLine({ value, onRun, scope, hint = 'e.g. port:443 not app:YouTube' }: QueryLineProps) {
  const host = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [editor, setEditor] = useState<QueryEditor>();
  /** The editor is big: who only reads does without. */
  const [isWritten, setWritten] = useState(false);
  const [draft, setDraft] = useState(value);
  const [failed, setFailed] = useState(false);
  const [completing, setCompleting] = useState(false);
  const settled = useSettled(draft, CHECK_AFTER_MS);
  const messageId = useId();
  const check = useApi<Static<typeof QueryCheckSchema>>(
    '/query',
    { text: settled },
    { enabled: settled.trim() !== '' },
  );
  const verdict = settled === draft && settled.trim() !== '' ? check.data : undefined;
  const wrong = verdict?.isValid === false ? verdict : undefined;

  const run = (text: string) => {
    setDraft(text);
    rememberQuestion(text);
    place.current = -1;
    onRun(text.trim());
  };
  /** Which of the questions of before is shown; -1: what one wrote oneself. */
  const place = useRef(-1);
  const written = useRef('');
  const past = (step: -1 | 1, text: string): string | undefined => {
    const list = pastQuestions();
    if (place.current === -1) written.current = text;
    const next = place.current - step;
    if (next < -1 || next >= list.length) return undefined;
    place.current = next;
    return next === -1 ? written.current : list[next];
  };
  const events = useRef({ changed: setDraft, run, past });
  events.current = { changed: setDraft, run, past };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what is in it then comes through setText
  useEffect(() => {
    if (!isWritten) return undefined;
    let made: QueryEditor | undefined;
    let gone = false;
    import('./query-editor.ts').then(
      ({ makeQueryEditor }) => {
        if (gone || host.current === null) return;
        const typing = input.current !== null && input.current === document.activeElement;
        made = makeQueryEditor(host.current, input.current?.value ?? value, `Query: ${scope}`, hint, {
          changed: (text) => events.current.changed(text),
          run: (text) => events.current.run(text),
          completing: setCompleting,
          past: (step, text) => events.current.past(step, text),
        });
        // What is hidden takes no focus.
        host.current.hidden = false;
        if (typing) made.resume();
        setEditor(made);
      },
      // The plain field goes on working.
      () => !gone && setFailed(true),
    );
    return () => {
      gone = true;
      made?.dispose();
      setEditor(undefined);
    };
  }, [isWritten]);

  // A question that comes from elsewhere: a click in the table, the button back. The editor that has just come is none, and
  // has what was written before it did.
  const shown = useRef(value);
  useEffect(() => {
    if (shown.current === value) return;
    shown.current = value;
    setDraft(value);
    editor?.setText(value);
  }, [value, editor]);
  useEffect(() => editor?.setMistake(wrong?.column), [editor, wrong?.column]);
  useShortcut('/', 'Write a query', () => (editor === undefined ? input.current?.focus() : editor.focus()));

  return (
    <search className={wrong === undefined ? 'query-line' : 'query-line query-wrong'}>
      <div ref={host} className="query-editor" hidden={editor === undefined} />
      {editor === undefined && (
        <input
          ref={input}
          className="query-plain"
          aria-label={`Query: ${scope}`}
          placeholder={hint}
          value={draft}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={failed ? messageId : undefined}
          onFocus={() => setWritten(true)}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && run(event.currentTarget.value)}
        />
      )}
      {draft !== '' && (
        <IconButton
          icon="close"
          label="Ask without a query"
          onClick={() => {
            editor?.setText('');
            run('');
          }}
        />
      )}
      <PastMenu onChoose={run} />
      <IconButton icon="search" label="Ask (Enter)" onClick={() => run(draft)} />
      {wrong !== undefined && !completing && (
        <div id={messageId} className="query-message" role="status">
          <span>{wrong.message}</span>
          {wrong.suggestions.map((suggestion) => (
            <Button
              key={suggestion}
              small
              onClick={() => {
                const next = mended(draft, wrong.column ?? 1, suggestion);
                setDraft(next);
                editor?.setText(next);
                editor?.focus();
              }}
            >
              {suggestion}
            </Button>
          ))}
        </div>
      )}
    </search>
  );
}

function PastMenu({ onChoose }: { readonly onChoose: (question: string) => void }) {
  const [list, setList] = useState<readonly string[]>([]);
  return (
    <Menu
      align="end"
      trigger={
        <IconButton
          icon="down"
          label="Queries of before"
          onPointerDown={() => setList(pastQuestions())}
          onFocus={() => setList(pastQuestions())}
        />
      }
    >
      {list.length === 0 ? (
        <MenuLabel>Nothing was asked yet</MenuLabel>
      ) : (
        <>
          {list.slice(0, SHOWN_BEFORE).map((question) => (
            <MenuItem key={question} onClick={() => onChoose(question)}>
              <span className="mono ellipsis">{question}</span>
            </MenuItem>
          ))}
          <MenuSeparator />
          <MenuItem icon="trash" onClick={forgetQuestions}>
            Forget these
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

/** The question with the word at the column as suggested: a field with its operator, or a whole term. */
function mended(question: string, column: number, suggestion: string): string {
  const at = Math.min(question.length, column - 1);
  const rest = question.slice(at);
  const wordStart = at - (/[^\s()]*$/.exec(question.slice(0, at))?.[0].length ?? 0);
  const named = /^[A-Za-z0-9._-]*(?:!=|<=|>=|=|:|<|>)/.exec(question.slice(wordStart));
  if (/[:=<>]$/.test(suggestion) && named !== null) {
    return question.slice(0, wordStart) + suggestion + question.slice(wordStart + named[0].length);
  }
  const length = /^[^\s()]*/.exec(rest)?.[0].length ?? 0;
  return `${question.slice(0, wordStart)}${suggestion}${question.slice(at + length)}`;
}

/** The text once it has stayed the same for so long. */
function useSettled(text: string, afterMs: number): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), afterMs);
    return () => clearTimeout(timer);
  }, [text, afterMs]);
  return settled;
}
