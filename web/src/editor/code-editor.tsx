import './code-editor.css';
import { lazy, Suspense } from 'react';
import { Skeleton } from '../design/index.ts';

/** A mistake in a text; line and column are from 1, and line 0 is the text as a whole. */
export interface TextMistake {
  readonly line: number;
  readonly column?: number;
  readonly message: string;
}

/** What CodeEditor takes. */
export interface CodeEditorProps {
  /** What the text is, for who cannot see it. */
  readonly label: string;
  readonly language: 'yaml' | 'seclang' | 'http';
  readonly value: string;
  /** Without it the text can only be read. */
  readonly onChange?: (value: string) => void;
  /** Underlined, and marked beside their lines. */
  readonly mistakes?: readonly TextMistake[];
  /** CSS height; without it, as high as the text, at most half of the window. */
  readonly height?: number | string;
}

const Surface = lazy(() =>
  import('./editor-surface.tsx').then(({ EditorSurface }) => ({ default: EditorSurface })),
);

/** A text with its language: colours, mistakes at their place, search by Ctrl F. What draws it is fetched when it is shown. */
export function CodeEditor(props: CodeEditorProps) {
  return (
    <div className="code-editor" style={{ height: props.height }}>
      <Suspense fallback={<Skeleton height={props.height ?? 160} />}>
        <Surface {...props} />
      </Suspense>
    </div>
  );
}
