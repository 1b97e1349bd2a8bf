import './states.css';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';

/** What ErrorState takes. */
export interface ErrorStateProps {
  /** What could not be done, e.g. `The flows could not be read`. */
  readonly title: string;
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
}

/** Says what failed, why, and lets it be tried again. */
export function ErrorState({ title, error, retry }: ErrorStateProps) {
  return (
    <div className="state" role="alert">
      <span className="state-danger">
        <Icon name="warning" size={24} />
      </span>
      <p className="state-title">{title}</p>
      <p className="state-text">{error instanceof Error ? error.message : String(error)}</p>
      {retry !== undefined && (
        <Button icon="refresh" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
