import type { RequestConnection } from '../../control/index.ts';
import type { AddressContext } from '../../correlate/context/index.ts';
import type { Joiner } from '../../correlate/join/index.ts';

/**
 * The connections that an address's requests came over: as the join has them while it holds them, later as the flows
 * of the context tell. Those of which nothing is known are left out.
 */
export function requestConnections(
  joiner: Joiner,
  { requests, flows }: AddressContext,
): readonly RequestConnection[] {
  const found = new Map<string, RequestConnection>();
  for (const { communityId, timeUs, reference } of requests) {
    if (communityId === '' || found.has(communityId)) continue;
    const joined = reference === '' ? undefined : joiner.request(reference);
    const side = joined?.client ?? joiner.flow(communityId, timeUs);
    const upstream = joined?.server;
    const behind = {
      upstream: upstream?.communityId ?? '',
      upstreamServer:
        upstream === undefined ? '' : `${upstream.destination} port ${upstream.destinationPort}`,
      upstreamRttUs: upstream?.rttServerUs ?? -1,
    };
    if (side !== undefined) {
      const { ja4, tlsVersion, rttClientUs, bytesToServer, bytesToClient, application, tunnel } = side;
      const known = { ja4, tlsVersion, rttClientUs, bytesToServer, bytesToClient, application, tunnel };
      found.set(communityId, { communityId, ...known, ...behind });
      continue;
    }
    const flow = flows.find((one) => one.communityId === communityId && one.isClient);
    if (flow === undefined) continue;
    const { ja4, tlsVersion, rttClientUs, application, bytesSent, bytesReceived } = flow;
    found.set(communityId, {
      communityId,
      ja4,
      tlsVersion,
      rttClientUs,
      bytesToServer: bytesSent,
      bytesToClient: bytesReceived,
      application,
      tunnel: '',
      ...behind,
    });
  }
  return [...found.values()];
}
