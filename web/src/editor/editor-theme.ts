import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** Words in the colours of the tokens, so that both themes are right. */
const words = HighlightStyle.define([
  { tag: [tags.comment, tags.meta], color: 'var(--text-faint)', fontStyle: 'italic' },
  { tag: [tags.keyword, tags.definition(tags.propertyName), tags.propertyName], color: 'var(--accent)' },
  { tag: [tags.string, tags.content], color: 'var(--text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--notice)' },
  { tag: [tags.operator, tags.typeName], color: 'var(--warning)' },
  { tag: [tags.variableName, tags.attributeName], color: 'var(--good)' },
  { tag: tags.invalid, color: 'var(--danger)' },
]);

/** How an editor looks; with `fixed` it fills its place, else it grows with its text. */
export function editorTheme(fixed: boolean): Extension {
  return [
    syntaxHighlighting(words),
    EditorView.theme({
      '&': {
        ...(fixed ? { height: '100%' } : {}),
        color: 'var(--text)',
        backgroundColor: 'transparent',
        fontSize: 'var(--size-tiny)',
      },
      '&.cm-focused': { outline: 'none' },
      '.cm-scroller': {
        fontFamily: 'var(--font-mono)',
        lineHeight: '18px',
        overflow: 'auto',
        ...(fixed ? {} : { maxHeight: '50vh' }),
      },
      '.cm-content': { caretColor: 'var(--text)', padding: '6px 0' },
      '.cm-cursor': { borderLeftColor: 'var(--text)' },
      '.cm-gutters': {
        backgroundColor: 'var(--sunken)',
        color: 'var(--text-faint)',
        border: 'none',
        borderRight: '1px solid var(--line)',
      },
      '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--hover) 55%, transparent)' },
      '.cm-activeLineGutter': { backgroundColor: 'var(--hover)', color: 'var(--text)' },
      '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
        backgroundColor: 'var(--accent-soft)',
      },
      '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
        backgroundColor: 'var(--accent-soft)',
        outline: '1px solid var(--line-strong)',
      },
      '.cm-tooltip': {
        backgroundColor: 'var(--overlay)',
        color: 'var(--text)',
        border: '1px solid var(--line)',
        borderRadius: 'var(--radius-small)',
        maxWidth: 'min(90vw, 480px)',
      },
      '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--text)' },
      '.cm-diagnostic-error': { borderLeftColor: 'var(--danger)' },
    }),
  ];
}
