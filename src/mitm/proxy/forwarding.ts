import { type Field, type RequestHead, withoutHopByHop, writeRequestHead } from '../http/index.ts';

/** What becomes of a field that tells the server of the client. */
export type ForwardedMode =
  /** What the client sent stays, and its address is added behind it. */
  | 'append'
  /** What the client sent is dropped: the server sees only what this proxy saw. */
  | 'replace'
  /** What the client sent is dropped, and nothing is added. */
  | 'remove'
  /** What the client sent goes on; nothing is added. */
  | 'keep';

/** How servers are told of clients. No field is ever believed by the proxy itself. */
export interface ForwardingOptions {
  /** X-Forwarded-For; `append` by default (`keep` for forward and transparent listeners). */
  readonly address?: ForwardedMode | undefined;
  /** Forwarded (RFC 7239); `remove` by default (`keep` for forward and transparent listeners). */
  readonly forwarded?: ForwardedMode | undefined;
  /** X-Forwarded-Proto and X-Forwarded-Host; `replace` by default (`keep` for forward and transparent listeners). */
  readonly host?: 'replace' | 'remove' | 'keep' | undefined;
  /** Via (RFC 9110, 7.6.3), by which loops are found; `append` by default. */
  readonly via?: 'append' | 'remove' | undefined;
}

/** The options with their defaults. */
export interface Forwarding {
  readonly address: ForwardedMode;
  readonly forwarded: ForwardedMode;
  readonly host: 'replace' | 'remove' | 'keep';
  readonly via: 'append' | 'remove';
  /** The name of this proxy in Via. */
  readonly pseudonym: string;
}

/** `reverse`: whether the servers are the proxy's own, which want to know of clients. */
export function forwardingOf(options: ForwardingOptions, reverse: boolean, pseudonym: string): Forwarding {
  return {
    address: options.address ?? (reverse ? 'append' : 'keep'),
    forwarded: options.forwarded ?? (reverse ? 'remove' : 'keep'),
    host: options.host ?? (reverse ? 'replace' : 'keep'),
    via: options.via ?? 'append',
    pseudonym,
  };
}

/** What a request is sent on with, beside its own head. */
export interface OutgoingRequest {
  readonly method: string;
  /** In origin form. */
  readonly target: string;
  readonly fields: readonly Field[];
  /** What the server gets as Host, unless the fields are a rewriter's and have one. */
  readonly host: string;
  /** The host that the client asked for. */
  readonly askedHost: string;
  readonly version: 10 | 11;
  /** Bytes of the body; -1: it goes as chunks; undefined: as the head's own fields say. */
  readonly length: number | undefined;
  readonly upgrade: boolean;
  readonly expectsContinue: boolean;
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** True where the fields come from a rewriter: then their Host stands. */
  readonly rewritten: boolean;
}

/** The head for the server, to be written as latin1. Throws TypeError for a rewriter's field that breaks its line. */
export function outgoingHead(request: OutgoingRequest, forwarding: Forwarding): string {
  const { clientAddress, scheme } = request;
  const given = withoutHopByHop(request.fields, request.upgrade);
  const fields: Field[] = [['Host', request.host]];
  let via = '';
  let addresses = '';
  let forwarded = '';
  for (let i = 0; i < given.length; i++) {
    const field = given[i]!;
    switch (fieldKind(field[0])) {
      case 'other':
        fields.push(field);
        break;
      case 'host':
        if (request.rewritten) fields[0] = field;
        break;
      case 'via':
        via = via === '' ? field[1] : `${via}, ${field[1]}`;
        break;
      case 'content-length':
        if (request.length === undefined) fields.push(field);
        break;
      case 'expect':
        if (request.expectsContinue) fields.push(field);
        break;
      case 'x-forwarded-for':
        if (forwarding.address === 'keep') fields.push(field);
        else addresses = addresses === '' ? field[1] : `${addresses}, ${field[1]}`;
        break;
      case 'forwarded':
        if (forwarding.forwarded === 'keep') fields.push(field);
        else forwarded = forwarded === '' ? field[1] : `${forwarded}, ${field[1]}`;
        break;
      case 'x-forwarded':
        if (forwarding.host === 'keep') fields.push(field);
        break;
      case 'trailer':
        break;
    }
  }
  if (request.length === -1) fields.push(CHUNKED);
  else if (request.length !== undefined) fields.push(['Content-Length', String(request.length)]);
  if (forwarding.address === 'append' || forwarding.address === 'replace') {
    const list = forwarding.address === 'append' && addresses !== '' ? `${addresses}, ` : '';
    fields.push(['X-Forwarded-For', list + clientAddress]);
  }
  if (forwarding.host === 'replace') {
    fields.push(['X-Forwarded-Proto', scheme]);
    if (request.askedHost !== '') fields.push(['X-Forwarded-Host', request.askedHost]);
  }
  if (forwarding.forwarded === 'append' || forwarding.forwarded === 'replace') {
    const list = forwarding.forwarded === 'append' && forwarded !== '' ? `${forwarded}, ` : '';
    fields.push(['Forwarded', list + forwardedElement(clientAddress, request.askedHost, scheme)]);
  }
  if (forwarding.via === 'append') {
    const own = `${request.version === 11 ? '1.1' : '1.0'} ${forwarding.pseudonym}`;
    fields.push(['Via', via === '' ? own : `${via}, ${own}`]);
  }
  return writeRequestHead({ method: request.method, target: request.target, fields });
}

/** True where a request has passed this proxy already. */
export function hasLooped(head: RequestHead, pseudonym: string): boolean {
  for (let i = 0; i < head.fields.length; i++) {
    const [name, value] = head.fields[i]!;
    if (name.length === 3 && name.toLowerCase() === 'via' && value.includes(pseudonym)) return true;
  }
  return false;
}

const CHUNKED: Field = ['Transfer-Encoding', 'chunked'];

type FieldKind =
  | 'other'
  | 'host'
  | 'via'
  | 'expect'
  | 'trailer'
  | 'content-length'
  | 'x-forwarded-for'
  | 'forwarded'
  | 'x-forwarded';

/** Fields that the proxy has a word in. Only names of a length that matters are looked at. */
function fieldKind(name: string): FieldKind {
  switch (name.length) {
    case 3:
      return name.toLowerCase() === 'via' ? 'via' : 'other';
    case 4:
      return name === 'Host' || name.toLowerCase() === 'host' ? 'host' : 'other';
    case 6:
      return name.toLowerCase() === 'expect' ? 'expect' : 'other';
    case 7:
      return name.toLowerCase() === 'trailer' ? 'trailer' : 'other';
    case 9: {
      const lower = name.toLowerCase();
      return lower === 'forwarded' ? 'forwarded' : lower === 'x-real-ip' ? 'x-forwarded' : 'other';
    }
    case 14:
      return name.toLowerCase() === 'content-length' ? 'content-length' : 'other';
    case 15:
      return name.toLowerCase() === 'x-forwarded-for' ? 'x-forwarded-for' : 'other';
    case 16: {
      const lower = name.toLowerCase();
      return lower === 'x-forwarded-host' || lower === 'x-forwarded-port' ? 'x-forwarded' : 'other';
    }
    case 17:
      return name.toLowerCase() === 'x-forwarded-proto' ? 'x-forwarded' : 'other';
    default:
      return 'other';
  }
}

/** RFC 7239, 4 and 6: IPv6 addresses and hosts with a port stand in quotes. */
function forwardedElement(address: string, host: string, scheme: string): string {
  const node = address.includes(':') ? `"[${address}]"` : address;
  const asked = host === '' ? '' : `;host=${/[^A-Za-z0-9.-]/.test(host) ? `"${host}"` : host}`;
  return `for=${node}${asked};proto=${scheme}`;
}
