import type { Static } from 'typebox';
import type { OverviewSchema } from '../../../src/api/schema/overview.ts';
import type { SessionSchema } from '../../../src/api/schema/session.ts';

/**
 * The shapes of the API's answers. Only types come from the server's side: nothing of it enters the bundle.
 */

/** `GET /api/v1/session`: who is logged in. */
export type Session = Static<typeof SessionSchema>;

/** What somebody may do: each role all that those before it may: viewer, operator, admin. */
export type Role = Session['principal']['role'];

/** How one may log in here. */
export type LoginWays = Session['loginWays'];

/** One page of a list; without `next` it is the last. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

/** An EVE record as the live stream and the history tell it; other fields by its `event_type`. */
export interface LiveRecord {
  readonly timestamp: string;
  readonly event_type: string;
  readonly src_ip?: string;
  readonly src_port?: number;
  readonly dest_ip?: string;
  readonly dest_port?: number;
  readonly proto?: string;
  readonly app_proto?: string;
  readonly community_id?: string;
  readonly flow_id?: number;
  readonly [field: string]: unknown;
}

/** What the server tells of both streams each second; the same as `GET /api/v1/overview`. */
export type StatusFigures = Static<typeof OverviewSchema>;
