import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { Button } from '../design/button.tsx';
import { EmptyState } from '../design/empty-state.tsx';
import { ErrorState } from '../design/error-state.tsx';
import { Page } from '../design/page.tsx';
import { Skeleton } from '../design/skeleton.tsx';

/** Stands where a page is on its way for longer than a moment. */
export function PendingPage() {
  return (
    <div className="page" role="status" aria-label="Loading">
      <Skeleton width={160} height={24} />
      <Skeleton height={120} />
      <Skeleton height={240} />
    </div>
  );
}

/** A page's file could not be fetched. */
export class UnfetchedPage extends Error {
  override readonly name = 'UnfetchedPage';

  constructor(cause: unknown) {
    super('A part of the console could not be fetched.', { cause });
  }
}

/** Stands where a page failed: a file of the console that a newer version replaced, or a mistake of ours. */
export function FailedPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const gone = error instanceof UnfetchedPage;
  return (
    <Page title="Something failed">
      {gone ? (
        <EmptyState
          icon="refresh"
          title="The console was renewed, or the server is away"
          action={<Button onClick={() => location.reload()}>Load it again</Button>}
        >
          A part of this page could not be fetched. <code>weir status</code> tells whether the server runs.
        </EmptyState>
      ) : (
        <ErrorState
          title="This page could not be shown"
          error={error}
          retry={() => {
            reset();
            void router.invalidate();
          }}
        />
      )}
    </Page>
  );
}

/** Stands where an address leads nowhere. */
export function MissingPage() {
  return (
    <Page title="No such page">
      <EmptyState title="Nothing lies at this address">
        <Link to="/">Go to the overview</Link>
      </EmptyState>
    </Page>
  );
}
