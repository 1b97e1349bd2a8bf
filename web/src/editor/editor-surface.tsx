import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension, type Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { CodeEditorProps, TextMistake } from './code-editor.tsx';
import { editorTheme } from './editor-theme.ts';
import { http } from './http-language.ts';
import { seclang } from './seclang-language.ts';

/** The editor itself; CodeEditor fetches it. */
export function EditorSurface({ label, language, value, onChange, mistakes, height }: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const change = useRef(onChange);
  change.current = onChange;
  const first = useRef(value);
  first.current = value;
  const readOnly = onChange === undefined;
  const fixed = height !== undefined;

  useEffect(() => {
    if (place.current === null) return;
    const root = shadowOf(place.current);
    const made = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(),
          languageOf(language),
          editorTheme(fixed),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          bracketMatching(),
          readOnly ? readable : writable,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [label, language, readOnly, fixed]);

  useEffect(() => {
    const shown = view.current;
    if (shown === null || shown.state.doc.toString() === value) return;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another view, made for another language, has no marks yet
  useEffect(() => {
    const shown = view.current;
    if (shown === null) return;
    const { doc } = shown.state;
    shown.dispatch(
      setDiagnostics(
        shown.state,
        (mistakes ?? []).map((mistake) => diagnosticOf(doc, mistake)),
      ),
    );
  }, [mistakes, language, readOnly, label, fixed]);

  return <div className="code-surface" ref={place} />;
}

/**
 * Where an editor is put. In a shadow root its styles are sheets that the document adopts; elsewhere they would be `<style>`
 * elements, which the content security policy forbids.
 */
function shadowOf(place: HTMLElement): ShadowRoot {
  if (place.shadowRoot !== null) return place.shadowRoot;
  // From outside, what is typed seems to be typed into the place itself, which takes no text: it would be keys of the page.
  place.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey && event.key !== 'Escape') event.stopPropagation();
  });
  return place.attachShadow({ mode: 'open' });
}

const readable: Extension = [EditorState.readOnly.of(true), EditorView.lineWrapping];

const writable: Extension = [
  lintGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  indentUnit.of('  '),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  // Esc and then Tab leaves the text.
  keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap, indentWithTab]),
];

function languageOf(language: CodeEditorProps['language']): Extension {
  switch (language) {
    case 'yaml':
      return yaml();
    case 'seclang':
      return seclang;
    case 'http':
      return http;
    default:
      return language satisfies never;
  }
}

/** From the place to the end of its line. The text may have become shorter since it was checked. */
function diagnosticOf(doc: Text, { line, column = 1, message }: TextMistake): Diagnostic {
  const at = doc.line(Math.min(Math.max(1, line), doc.lines));
  const from = Math.min(at.from + Math.max(0, column - 1), at.to);
  return { from, to: at.to, severity: 'error', message };
}
