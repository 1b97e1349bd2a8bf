import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ApiError } from '../data/api-error.ts';
import { EmptyState, ErrorState } from '../design/index.ts';

/** Why a list is not there: switched off, with the setting that switches it on, or failed, with another try. */
export function Unavailable({
  what,
  error,
  setting,
  retry,
  children,
}: {
  readonly what: string;
  readonly error: ApiError;
  /** The setting that switches it on, as `respond.mode: observe`. */
  readonly setting: string;
  readonly retry: () => void;
  /** What one has of it. */
  readonly children: ReactNode;
}) {
  if (error.status !== 409)
    return <ErrorState title={`${what} could not be read`} error={error} retry={retry} />;
  return (
    <EmptyState
      icon="block"
      title={`${what}: switched off`}
      action={
        <Link to="/settings" className="button button-plain">
          Open the settings
        </Link>
      }
    >
      {children} Set <code>{setting}</code> and apply it. The server says: {error.message}
    </EmptyState>
  );
}
