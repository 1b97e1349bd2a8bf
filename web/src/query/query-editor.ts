import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionKeymap,
  completionStatus,
  startCompletion,
} from '@codemirror/autocomplete';
import { history, historyKeymap, standardKeymap } from '@codemirror/commands';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, placeholder } from '@codemirror/view';
import { markedPart } from './cursor-place.ts';
import { completionsAt } from './query-completions.ts';
import { MOST_CHARACTERS } from './terms.ts';

/** What the editor tells. */
export interface QueryEditorEvents {
  readonly changed: (text: string) => void;
  readonly run: (text: string) => void;
  /** A list of what could be written opened, or closed. */
  readonly completing: (open: boolean) => void;
  /** One is to go back (-1) or forward (1) in the questions of before; gives the one to show. */
  readonly past: (step: -1 | 1, text: string) => string | undefined;
}

/** The editor of one question. */
export interface QueryEditor {
  readonly setText: (text: string) => void;
  /** Underlines what stands at the column, from 1; undefined: nothing. */
  readonly setMistake: (column: number | undefined) => void;
  readonly focus: () => void;
  /** Goes on where somebody was writing: behind the text, with what could complete it. */
  readonly resume: () => void;
  readonly dispose: () => void;
}

const setMistake = StateEffect.define<number | undefined>();
const mistakeMark = Decoration.mark({ class: 'query-mistake' });

const mistake = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    for (const effect of transaction.effects) {
      if (!effect.is(setMistake)) continue;
      const text = transaction.newDoc.toString();
      if (effect.value === undefined || text === '') return Decoration.none;
      const { from, to } = markedPart(text, effect.value);
      return Decoration.set(mistakeMark.range(from, to));
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/**
 * Puts the editor into `host`, which gets a shadow root: there CodeMirror's rules go into `adoptedStyleSheets`, in the page
 * itself they would be a <style> element, which the security policy forbids.
 */
export function makeQueryEditor(
  host: HTMLElement,
  text: string,
  label: string,
  hint: string,
  events: QueryEditorEvents,
): QueryEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const show = (next: string | undefined) => {
    if (next === undefined) return false;
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: next },
      selection: { anchor: next.length },
    });
    return true;
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(
          keymap.of([
            {
              key: 'Enter',
              run: ({ state }) => {
                // What is marked in an open list is meant only after one has moved in it.
                closeCompletion(view);
                events.run(state.doc.toString());
                return true;
              },
            },
            { key: 'Tab', run: acceptCompletion },
            {
              key: 'ArrowUp',
              run: ({ state }) =>
                completionStatus(state) === null && show(events.past(-1, state.doc.toString())),
            },
            {
              key: 'ArrowDown',
              run: ({ state }) => {
                if (completionStatus(state) !== null) return false;
                return show(events.past(1, state.doc.toString())) || startCompletion(view);
              },
            },
          ]),
        ),
        keymap.of([...completionKeymap, ...historyKeymap, ...standardKeymap]),
        history(),
        autocompletion({
          override: [completionsAt],
          activateOnTyping: true,
          activateOnTypingDelay: 120,
          icons: false,
          selectOnOpen: false,
          maxRenderedOptions: 60,
        }),
        mistake,
        placeholder(hint),
        EditorView.contentAttributes.of({
          'aria-label': label,
          spellcheck: 'false',
          autocapitalize: 'off',
          autocorrect: 'off',
          enterkeyhint: 'search',
        }),
        // One line: what is pasted with several becomes one, and the bound is that of the server.
        EditorState.transactionFilter.of((transaction) => {
          if (!transaction.docChanged) return transaction;
          const whole = transaction.newDoc;
          if (whole.lines === 1 && whole.length <= MOST_CHARACTERS) return transaction;
          const line = whole
            .toString()
            .replace(/\s*\n\s*/g, ' ')
            .slice(0, MOST_CHARACTERS);
          return [
            {
              changes: { from: 0, to: transaction.startState.doc.length, insert: line },
              selection: { anchor: Math.min(line.length, transaction.newSelection.main.head) },
            },
          ];
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) events.changed(update.state.doc.toString());
          const open = completionStatus(update.state) === 'active';
          if (open !== (completionStatus(update.startState) === 'active')) events.completing(open);
        }),
        THEME,
      ],
    }),
  });
  // Keys of pages are not for who types; from outside the shadow root nobody could tell that one does.
  const keep = (event: KeyboardEvent) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    if (event.key === 'Escape' && !event.defaultPrevented) view.contentDOM.blur();
  };
  root.addEventListener('keydown', keep as EventListener);
  return {
    setText: (next) => {
      if (next !== view.state.doc.toString()) show(next);
    },
    setMistake: (column) => view.dispatch({ effects: setMistake.of(column) }),
    focus: () => view.focus(),
    resume: () => {
      view.dispatch({ selection: { anchor: view.state.doc.length } });
      view.focus();
      if (view.state.doc.length > 0) startCompletion(view);
    },
    dispose: () => {
      root.removeEventListener('keydown', keep as EventListener);
      view.destroy();
    },
  };
}

/** Custom properties reach into the shadow root, rules of the page do not. */
const THEME = EditorView.theme({
  '&': {
    height: '100%',
    fontSize: 'var(--size-small)',
    color: 'var(--text)',
    backgroundColor: 'transparent',
  },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--font-mono)',
    lineHeight: 'calc(var(--control) - 2px)',
    overflowX: 'auto',
    overflowY: 'hidden',
    scrollbarWidth: 'none',
  },
  '.cm-content': { padding: '0 var(--space-1)', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-placeholder': { color: 'var(--text-faint)' },
  '.query-mistake': {
    textDecoration: 'underline wavy var(--danger)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '3px',
  },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--overlay)',
    boxShadow: 'var(--shadow)',
    marginTop: '5px',
    zIndex: '30',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--font-mono)',
    fontSize: 'var(--size-tiny)',
    maxHeight: '264px',
    minWidth: '240px',
    maxWidth: 'min(92vw, 640px)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex',
    gap: '12px',
    padding: '4px 8px',
    lineHeight: '18px',
    color: 'var(--text)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--text)',
  },
  '.cm-completionLabel': { flex: 'none', maxWidth: '60%', overflow: 'hidden', textOverflow: 'ellipsis' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': {
    fontFamily: 'var(--font)',
    fontStyle: 'normal',
    color: 'var(--text-muted)',
    marginLeft: 'auto',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
});
