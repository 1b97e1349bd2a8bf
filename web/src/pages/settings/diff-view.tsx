import { classNames } from '../../design/index.ts';
import { type DiffLine, shortened } from './line-diff.ts';

const SIGNS = { same: ' ', gone: '−', new: '+' } as const;
const NAMES = { same: '', gone: 'gone: ', new: 'new: ' } as const;

/** Lines that go and come, with a few that stay around them. */
export function DiffView({ lines, label }: { readonly lines: readonly DiffLine[]; readonly label: string }) {
  if (!lines.some(({ kind }) => kind !== 'same')) return <p className="muted">Nothing differs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section className="diff" aria-label={label} tabIndex={0}>
      {shortened(lines).map((line, index) =>
        line === undefined ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no other
          <div key={index} className="diff-line diff-left-out">
            ⋯
          </div>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no other
          <div key={index} className={classNames('diff-line', `diff-${line.kind}`)}>
            <span aria-hidden="true">{SIGNS[line.kind]} </span>
            <span className="visually-hidden">{NAMES[line.kind]}</span>
            {line.text}
          </div>
        ),
      )}
    </section>
  );
}
