import type { Transaction, ZeekLog, ZeekRow } from '../../../event/index.ts';
import type { DhcpMessage } from './message.ts';
import { ZEEK_MESSAGE_TYPES } from './options.ts';

/** Zeek's dhcp.log: one row per exchange. Times and intervals are in microseconds. */
export const DHCP_LOG: ZeekLog = {
  path: 'dhcp',
  connection: false,
  columns: [
    ['ts', 'time'],
    ['uids', 'set[string]'],
    ['client_addr', 'addr'],
    ['server_addr', 'addr'],
    ['mac', 'string'],
    ['host_name', 'string'],
    ['client_fqdn', 'string'],
    ['domain', 'string'],
    ['requested_addr', 'addr'],
    ['assigned_addr', 'addr'],
    ['lease_time', 'interval'],
    ['client_message', 'string'],
    ['server_message', 'string'],
    ['msg_types', 'vector[string]'],
    ['duration', 'interval'],
  ],
};

const SECOND_US = 1_000_000;
/** An exchange is looked at 10 s after its first message and closed once 5 s brought none, or 30 s are over. */
const FIRST_LOOK_US = 10 * SECOND_US;
const SILENCE_US = 5 * SECOND_US;
const LONGEST_US = 30 * SECOND_US;
/** At these sizes an exchange is written and a new one begun, as in Zeek. */
const UIDS_LIMIT = 10;
const MESSAGES_LIMIT = 50;
/** Exchanges that may be open in one table; beyond it the oldest is written as it is. */
const EXCHANGES_LIMIT = 4096;

const ANY_ADDRESS = '0.0.0.0';
const BROADCAST_ADDRESS = '255.255.255.255';

/** Where a message came from, in terms of its flow. */
export interface MessageOrigin {
  readonly uid: string | undefined;
  readonly timeUs: number;
  /** True when the flow's originator sent it. */
  readonly fromOriginator: boolean;
  readonly originatorAddress: string;
  readonly originatorPort: number;
  readonly responderAddress: string;
  readonly responderPort: number;
}

/** The messages of one transaction identifier, joined over all flows that carry them. */
export class DhcpExchange implements Transaction {
  readonly type = 'dhcp_exchange';
  readonly zeekOnly = true;
  readonly startUs: number;
  /** The parser that saw the latest message: it writes the exchange when its flow ends. */
  owner: object | undefined;
  lastUs: number;
  private readonly uids: string[] = [];
  private readonly types: string[] = [];
  private clientAddress: string | undefined;
  private serverAddress: string | undefined;
  private mac: string | undefined;
  private clientHardware: string | undefined;
  private hostName: string | undefined;
  private clientFqdn: string | undefined;
  private domain: string | undefined;
  private requestedAddress: string | undefined;
  private assignedAddress: string | undefined;
  private leaseTime: number | undefined;
  private clientMessage: string | undefined;
  private serverMessage: string | undefined;

  constructor(timeUs: number) {
    this.startUs = timeUs;
    this.lastUs = timeUs;
  }

  /** True when no further message can belong to it at this time. */
  over(timeUs: number): boolean {
    const age = timeUs - this.startUs;
    return age > LONGEST_US || (age >= FIRST_LOOK_US && timeUs - this.lastUs > SILENCE_US);
  }

  /** True when it has to be written because of its size. */
  get full(): boolean {
    return this.uids.length >= UIDS_LIMIT || this.types.length >= MESSAGES_LIMIT;
  }

  add(message: DhcpMessage, origin: MessageOrigin): void {
    this.lastUs = origin.timeUs;
    if (origin.uid !== undefined && !this.uids.includes(origin.uid)) this.uids.push(origin.uid);
    const type = message.messageType ?? 0;
    this.types.push(ZEEK_MESSAGE_TYPES[type] ?? `unknown-message-type-${type}`);
    const client =
      origin.fromOriginator &&
      (origin.originatorAddress === ANY_ADDRESS ||
        origin.originatorPort === 68 ||
        origin.responderPort === 67);
    if (client) this.addFromClient(message, origin);
    else this.addFromServer(message, origin);
  }

  private addFromClient(message: DhcpMessage, origin: MessageOrigin): void {
    const address = origin.originatorAddress;
    if (address !== ANY_ADDRESS && address !== BROADCAST_ADDRESS) this.clientAddress = address;
    this.clientMessage = message.message ?? this.clientMessage;
    this.hostName = message.hostNameBytes ?? this.hostName;
    this.clientFqdn = message.clientFqdn ?? this.clientFqdn;
    if (message.clientIdType === 1) this.mac = message.clientId;
    else this.clientHardware = message.hardwareField;
    this.requestedAddress = message.requestedAddress || this.requestedAddress;
  }

  private addFromServer(message: DhcpMessage, origin: MessageOrigin): void {
    this.serverMessage = message.message ?? this.serverMessage;
    this.mac ??= message.hardwareField;
    if (message.assignedAddress !== ANY_ADDRESS) {
      this.serverAddress = origin.fromOriginator ? origin.originatorAddress : origin.responderAddress;
      this.assignedAddress = message.assignedAddress;
    }
    this.clientAddress ??= this.assignedAddress;
    this.domain = message.domain ?? this.domain;
    this.leaseTime = message.leaseTime ?? this.leaseTime;
  }

  eve(): Record<string, unknown> {
    return { dhcp_exchange: { messages: this.types, client_mac: this.mac ?? this.clientHardware } };
  }

  zeek(): readonly ZeekRow[] {
    const values = [
      this.startUs,
      this.uids,
      this.clientAddress,
      this.serverAddress,
      this.mac ?? this.clientHardware,
      this.hostName,
      this.clientFqdn,
      this.domain,
      this.requestedAddress,
      this.assignedAddress,
      this.leaseTime === undefined ? undefined : this.leaseTime * SECOND_US,
      this.clientMessage,
      this.serverMessage,
      this.types,
      this.lastUs - this.startUs,
    ];
    return [{ log: DHCP_LOG, values, timeUs: this.startUs }];
  }
}

/**
 * The open exchanges of a run by transaction identifier. One message is one step: it closes what is over,
 * at most {@link SWEEP_LIMIT} at a time, so the cost per message is bounded.
 */
export class DhcpExchanges {
  private readonly open = new Map<number, DhcpExchange>();
  /** Exchanges that were written before their time because the table was full. */
  evicted = 0;

  /** Joins a message to its exchange; `write` receives every exchange that this closes. */
  add(
    message: DhcpMessage,
    origin: MessageOrigin,
    owner: object,
    write: (exchange: DhcpExchange) => void,
  ): void {
    this.sweep(origin.timeUs, write);
    let exchange = this.open.get(message.id);
    if (exchange?.over(origin.timeUs)) {
      this.open.delete(message.id);
      write(exchange);
      exchange = undefined;
    }
    if (exchange === undefined) {
      this.makeRoom(write);
      exchange = new DhcpExchange(origin.timeUs);
      this.open.set(message.id, exchange);
    }
    exchange.owner = owner;
    exchange.add(message, origin);
    if (exchange.full) {
      this.open.delete(message.id);
      write(exchange);
    }
  }

  /** Writes the exchange of this identifier if `owner` saw its latest message. */
  finish(id: number, owner: object, write: (exchange: DhcpExchange) => void): void {
    const exchange = this.open.get(id);
    if (exchange === undefined || exchange.owner !== owner) return;
    this.open.delete(id);
    write(exchange);
  }

  private sweep(timeUs: number, write: (exchange: DhcpExchange) => void): void {
    let looked = 0;
    for (const [id, exchange] of this.open) {
      if (looked++ === SWEEP_LIMIT) return;
      if (!exchange.over(timeUs)) continue;
      this.open.delete(id);
      write(exchange);
    }
  }

  private makeRoom(write: (exchange: DhcpExchange) => void): void {
    if (this.open.size < EXCHANGES_LIMIT) return;
    for (const [id, exchange] of this.open) {
      this.open.delete(id);
      this.evicted++;
      write(exchange);
      return;
    }
  }
}

/** Exchanges that are looked at per message, the oldest first. */
const SWEEP_LIMIT = 8;
