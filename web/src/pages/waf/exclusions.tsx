import { Link } from '@tanstack/react-router';
import { CopyButton } from '../../design/index.ts';
import { exclusionsOf, type Matched } from './exclusion.ts';

/** Ways to keep a rule from matching what it should not, as text for a file of rules. */
export function Exclusions({
  matched,
  onTake,
}: {
  readonly matched: Matched;
  /** Puts one into the rules that are tried. */
  readonly onTake?: (text: string) => void;
}) {
  return (
    <details className="exclusions">
      <summary>Should it not have matched?</summary>
      <ul>
        {exclusionsOf(matched).map(({ title, text }) => (
          <li key={text}>
            <div className="exclusion-head">
              <span>{title}</span>
              {onTake !== undefined && (
                <button type="button" className="exclusion-take" onClick={() => onTake(text)}>
                  try it
                </button>
              )}
              <CopyButton text={text} label={`Copy: ${title}`} />
            </div>
            <code className="exclusion-text">{text}</code>
          </li>
        ))}
      </ul>
      <p className="muted">
        It goes into a file that{' '}
        <Link className="waf-link" to="/settings" search={{ q: 'web.waf.rules' }}>
          web.waf.rules
        </Link>{' '}
        names.
      </p>
    </details>
  );
}
