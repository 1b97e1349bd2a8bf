import type {
  FirstSeen,
  LanClient,
  LanDestination,
  LanProtocol,
  LanStatistics,
  LanTotals,
  LanView,
} from '../lan/index.ts';
import { fields, flag, list, maybe, number, type Shape, text, word } from './shape.ts';

/** All that a view of the local network shows, as plain data. */
export interface LanPicture {
  readonly networks: readonly string[];
  readonly totals: LanTotals;
  readonly clients: readonly LanClient[];
  readonly destinations: readonly LanDestination[];
  readonly protocols: readonly LanProtocol[];
  readonly applications: readonly LanProtocol[];
  readonly events: readonly FirstSeen[];
  readonly statistics: LanStatistics;
}

/** The picture of a view; `top`: the most entries of each client's lists, undefined: all. */
export function pictureOf(view: LanView, top?: number): LanPicture {
  return {
    networks: view.networks.list(),
    totals: view.totals(),
    clients: view.clients(top === undefined ? {} : { top }),
    destinations: view.destinations(),
    protocols: view.protocols(),
    applications: view.applications(),
    events: view.events(),
    statistics: view.statistics(),
  };
}

const TRAFFIC = {
  flows: number,
  packetsUp: number,
  packetsDown: number,
  bytesUp: number,
  bytesDown: number,
};
const SPAN = { firstUs: number, lastUs: number };
const traffic = fields<LanTotals['all']>(TRAFFIC);
const share = fields<LanClient['protocols'][number]>({ ...TRAFFIC, name: text });
const protocol = fields<LanProtocol>({ ...TRAFFIC, ...SPAN, name: text });
const peer = { ...TRAFFIC, ...SPAN, address: text, names: list(text), ports: list(text) };

const client = fields<LanClient>({
  ...TRAFFIC,
  ...SPAN,
  id: text,
  mac: maybe(text),
  behind: maybe(text),
  vendor: maybe(text),
  randomised: flag,
  router: flag,
  kind: maybe(text),
  names: list(
    fields<LanClient['names'][number]>({
      name: text,
      source: word('dhcp', 'dhcpv6', 'mdns', 'dns', 'ptr', 'netbios'),
      lastUs: number,
    }),
  ),
  addresses: list(
    fields<LanClient['addresses'][number]>({
      ...SPAN,
      address: text,
      version: (value): value is 4 | 6 => value === 4 || value === 6,
      current: flag,
    }),
  ),
  protocols: list(share),
  applications: list(share),
  destinations: list(fields<LanClient['destinations'][number]>({ ...peer, external: flag })),
  otherDestinations: traffic,
});

/** True for a picture that came from outside. */
export const isLanPicture: Shape<LanPicture> = fields<LanPicture>({
  networks: list(text),
  totals: fields<LanTotals>({
    all: traffic,
    local: traffic,
    forgotten: traffic,
    firstUs: maybe(number),
    lastUs: maybe(number),
  }),
  clients: list(client),
  destinations: list(fields<LanDestination>({ ...peer, clients: number })),
  protocols: list(protocol),
  applications: list(protocol),
  events: list(
    fields<FirstSeen>({
      number,
      timeUs: number,
      kind: word('device', 'destination', 'protocol'),
      client: text,
      value: text,
      name: maybe(text) as Shape<string>,
    }),
  ),
  statistics: fields<LanStatistics>({
    records: number,
    malformed: number,
    otherInterfaces: number,
    outside: number,
    unattributed: number,
    addressesTurnedAway: number,
    devicesTurnedAway: number,
    entriesTurnedAway: number,
    namesTurnedAway: number,
    eventsTurnedAway: number,
    expired: number,
    networksRefused: number,
    late: number,
    open: number,
    openTurnedAway: number,
    uncertainBytes: number,
    unansweredTurnedAway: number,
  }),
});
