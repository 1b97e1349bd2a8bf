import type { Static } from 'typebox';
import type { RequestSelection } from '../../control/index.ts';
import type { Backend } from '../backend.ts';
import { ReplayBody, ReplayedSchema, type RequestSelectionSchema } from '../schema/replay.ts';
import type { Api } from '../server.ts';
import { timeRangeOf } from '../time-range.ts';

/** Stored requests once more. */
export function replayRoutes(api: Api, { weir }: Backend): void {
  api.post(
    '/api/v1/replays',
    {
      // The sandbox gets the requests whole, with what is shown to administrators alone.
      config: { access: 'admin' },
      schema: {
        summary: 'Send stored requests to a sandbox and compare its answers with those that were recorded',
        description: 'Without Authorization and cookies, and never to where they really went.',
        tags: ['web'],
        body: ReplayBody,
        response: { 200: ReplayedSchema },
      },
    },
    ({ body }) => weir.resend(requestSelectionOf(body.selection), body.to),
  );
}

/** A selection as the proxy takes it. Throws a `Problem`. */
export function requestSelectionOf({
  since,
  until,
  ...selection
}: Static<typeof RequestSelectionSchema> = {}): RequestSelection {
  const { sinceUs, untilUs } = timeRangeOf({ ...(since && { since }), ...(until && { until }) });
  return {
    ...selection,
    ...(sinceUs === undefined ? {} : { fromUs: sinceUs }),
    ...(untilUs === undefined ? {} : { toUs: untilUs }),
  };
}
