import { bytesOf, type EveRecord, type LanClient, type LanView } from '../lan/index.ts';
import { FlowCounts } from './flow-counts.ts';
import { StatusFolder } from './folder.ts';
import type { InterfaceCounters } from './interface-counters.ts';

/** What the files say of the interfaces, where nothing else is known. */
const NOTHING: InterfaceCounters = { rxBytes: 0, txBytes: 0, rxPackets: 0, txPackets: 0 };
/** Rows of lan-destinations.json. */
const MOST_DESTINATIONS = 50;
/** Rows of lan-clients.json. */
const MOST_CLIENTS = 4096;

/** How the files are written. */
export interface StatusOptions {
  /** Folder of the files; default `/tmp/secubox`. */
  readonly folder?: string;
  readonly tapInterface?: string;
  readonly lanInterface?: string;
  /** How far back `protocols` of dpi-flows.json counts, in seconds; default 300. */
  readonly flowSeconds?: number;
  /** Files that are written; default all. */
  readonly flows?: boolean;
  readonly lan?: boolean;
  readonly clients?: boolean;
  readonly destinations?: boolean;
  readonly protocols?: boolean;
  /** Counters of an interface by name; undefined where it is not there. Default: none is known. */
  readonly counters?: (name: string) => InterfaceCounters | undefined;
}

/**
 * dpi-dual's status files out of records and a LAN view: its fields, and those that its LuCI view reads but its
 * scripts never wrote (`bytes_in`, `bytes_out`; `bytes`, `port`).
 */
export class StatusFiles {
  private readonly view: LanView;
  private readonly options: StatusOptions;
  private readonly folder: StatusFolder;
  private readonly counts: FlowCounts;
  private last: { readonly timeMs: number; readonly counters: InterfaceCounters } | undefined;

  /** The view is fed by whoever made it. Throws a StatusFileError where the folder is not to be trusted. */
  constructor(view: LanView, options: StatusOptions = {}) {
    this.view = view;
    this.options = options;
    this.folder = new StatusFolder(options.folder ?? '/tmp/secubox');
    this.counts = new FlowCounts(options.flowSeconds ?? 300);
  }

  /** Takes a record for dpi-flows.json, which counts all flows and not only the LAN's. */
  take(record: EveRecord): void {
    this.counts.take(record);
  }

  /** Writes all files, each atomically. `nowMs` is the time that they carry. Throws a StatusFileError. */
  write(nowMs: number): void {
    const { flows, lan, clients, destinations, protocols } = this.options;
    const put = (name: string, wanted: boolean | undefined, content: () => object): void => {
      if (wanted !== false) this.folder.write(name, `${JSON.stringify(content(), null, 2)}\n`);
    };
    put('dpi-flows.json', flows, () => this.dpiFlows(nowMs));
    put('lan-flows.json', lan, () => this.lanFlows(nowMs));
    put('lan-clients.json', clients, () => this.lanClients(nowMs));
    put('lan-destinations.json', destinations, () => this.lanDestinations(nowMs));
    put('lan-protocols.json', protocols, () => this.lanProtocols(nowMs));
  }

  close(): void {
    this.folder.close();
  }

  private dpiFlows(nowMs: number): object {
    const name = this.options.tapInterface ?? '';
    const { rxBytes, txBytes, rxPackets, txPackets } = this.options.counters?.(name) ?? NOTHING;
    return {
      timestamp: isoSeconds(nowMs),
      flows_1min: this.counts.lastMinute(),
      tap_interface: name,
      rx_bytes: rxBytes,
      tx_bytes: txBytes,
      rx_packets: rxPackets,
      tx_packets: txPackets,
      protocols: this.counts.protocols(),
      mode: 'passive_tap',
    };
  }

  private lanFlows(nowMs: number): object {
    const counters = this.options.counters?.(this.options.lanInterface ?? '') ?? this.seenCounters();
    const seconds = this.last === undefined ? 0 : (nowMs - this.last.timeMs) / 1000;
    const rate = (now: number, before: number | undefined): number =>
      // Counters that fall are those of an interface that was made anew.
      seconds > 0 && before !== undefined && now >= before ? Math.round(((now - before) * 8) / seconds) : 0;
    const before = this.last?.counters;
    this.last = { timeMs: nowMs, counters };
    return {
      timestamp: isoSeconds(nowMs),
      mode: 'lan_passive',
      interface: this.options.lanInterface ?? '',
      active_clients: this.view.clients({ top: 0 }).length,
      unique_destinations: this.view.destinations().length,
      detected_protocols: this.view.protocols().filter(({ name }) => name !== 'Unknown').length,
      rx_bytes: counters.rxBytes,
      tx_bytes: counters.txBytes,
      rx_packets: counters.rxPackets,
      tx_packets: counters.txPackets,
      rx_rate_bps: rate(counters.rxBytes, before?.rxBytes),
      tx_rate_bps: rate(counters.txBytes, before?.txBytes),
    };
  }

  /** Without the interface's counters: what clients sent is what the gateway received from them. */
  private seenCounters(): InterfaceCounters {
    const { all } = this.view.totals();
    return {
      rxBytes: all.bytesUp,
      txBytes: all.bytesDown,
      rxPackets: all.packetsUp,
      txPackets: all.packetsDown,
    };
  }

  private lanClients(nowMs: number): object {
    const clients = this.view.clients({ top: 0 });
    return { timestamp: isoSeconds(nowMs), clients: clients.slice(0, MOST_CLIENTS).flatMap(rowsOf) };
  }

  private lanDestinations(nowMs: number): object {
    const destinations = this.view
      .destinations()
      .toSorted((a, b) => b.flows - a.flows || bytesOf(b) - bytesOf(a))
      .slice(0, MOST_DESTINATIONS)
      .map((one) => ({
        ip: one.address,
        hits: one.flows,
        bytes: bytesOf(one),
        port: Number.parseInt(one.ports[0] ?? '0', 10),
      }));
    return { timestamp: isoSeconds(nowMs), destinations };
  }

  private lanProtocols(nowMs: number): object {
    const protocols = this.view
      .protocols()
      .toSorted((a, b) => b.flows - a.flows || (a.name < b.name ? -1 : 1))
      .map(({ name, flows }) => ({ protocol: name, flows }));
    const applications = this.view.applications().filter(({ name }) => name !== '').length;
    return { timestamp: isoSeconds(nowMs), protocols, ndpid_apps: applications };
  }
}

/** A client in dpi-dual's form: its address of IPv4, or of IPv6 where it has no other. */
function rowsOf(client: LanClient): object[] {
  const [address] = client.addresses;
  if (address === undefined) return [];
  return [
    {
      ip: address.address,
      mac: client.mac ?? '',
      flows: client.flows,
      last_seen: Math.floor(client.lastUs / 1e6),
      bytes_in: client.bytesDown,
      bytes_out: client.bytesUp,
    },
  ];
}

/** As `date -Iseconds` writes it in UTC. */
function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}+00:00`;
}
