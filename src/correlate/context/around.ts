import type { AddressState } from './address-state.ts';
import type { FlowEntry, MatchEntry, RequestEntry } from './entries.ts';

/** What an address did around a time: lists with the oldest first, at most 16 of each. */
export interface AddressAround {
  readonly address: string;
  readonly requests: readonly RequestEntry[];
  readonly matches: readonly MatchEntry[];
  readonly flows: readonly FlowEntry[];
}

/**
 * What of an address's requests, matches and flows lies within `windowUs` before and after a time, both ends included; a
 * flow does where a part of it does. Undefined where that is nothing. Microseconds.
 */
export function around(
  state: Pick<AddressState, 'address' | 'requests' | 'matches' | 'flows'>,
  timeUs: number,
  windowUs: number,
): AddressAround | undefined {
  const fromUs = timeUs - windowUs;
  const untilUs = timeUs + windowUs;
  const isWithin = (entry: { readonly timeUs: number }): boolean =>
    entry.timeUs >= fromUs && entry.timeUs <= untilUs;
  const requests = (state.requests ?? []).filter(isWithin);
  const matches = (state.matches ?? []).filter(isWithin);
  const flows = (state.flows ?? []).filter((flow) => flow.timeUs <= untilUs && flow.untilUs >= fromUs);
  if (requests.length + matches.length + flows.length === 0) return undefined;
  return { address: state.address, requests, matches, flows };
}
