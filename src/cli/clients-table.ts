import type { LanPicture } from '../control/index.ts';
import { bytesOf, type LanClient, type LanProtocol, PRIVATE_NETWORKS, timeText } from '../lan/index.ts';
import {
  clip,
  fit,
  fitMiddle,
  formatBytes,
  formatCount,
  formatShort,
  printable,
} from '../output/summary/format.ts';
import { type Paint, paint } from '../output/summary/paint.ts';

/** What of a picture is shown. */
export interface LanTableOptions {
  readonly by: 'client' | 'destination' | 'protocol';
  /** The most entries of each list. */
  readonly top: number;
  readonly color: boolean;
}

const WIDTH = 100;
const NAME = 34;
const BAR = 6;
/** Indent of what belongs to a client, and width of the words before it. */
const INDENT = 2;
const LABEL = 11;
const MOST_CLIENTS = 200;
/** RFC 1918; who watches all of these watches private networks. */
const COMMON_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** A picture of the LAN as text for a person, at most 100 characters wide. */
export function renderLan(picture: LanPicture, options: LanTableOptions): string {
  const colors = paint(options.color);
  const lines = [...head(picture, colors), ''];
  switch (options.by) {
    case 'client':
      lines.push(...clientLines(picture, options.top, colors));
      break;
    case 'destination':
      lines.push(...destinationLines(picture, options.top, colors));
      break;
    case 'protocol':
      lines.push(...protocolLines(picture, options.top, colors));
      break;
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function head(picture: LanPicture, { bold, dim }: Paint): string[] {
  const { totals, clients } = picture;
  const { all, firstUs, lastUs } = totals;
  const routers = clients.filter((client) => client.router).length;
  const which = routers === 0 ? '' : dim(` (${plural(routers, 'router')} among them)`);
  const sums = `${bold(formatBytes(all.bytesUp))} up, ${bold(formatBytes(all.bytesDown))} down`;
  const what = `${bold(formatCount(clients.length))} ${clients.length === 1 ? 'client' : 'clients'}`;
  const lines = [`${what}${which}, ${plural(all.flows, 'flow')}, ${sums}`];
  if (firstUs !== undefined && lastUs !== undefined) {
    lines.push(dim(`${day(firstUs)} ${clockSpan(firstUs, lastUs)} UTC, ${networksOf(picture)}`));
  }
  return lines;
}

/** Where clients were looked for, said shortly for the default. */
function networksOf(picture: LanPicture): string {
  const networks = picture.networks;
  const isDefault = COMMON_NETWORKS.every((network) => networks.includes(network));
  const named = isDefault
    ? ['private networks', ...networks.filter((network) => !PRIVATE_NETWORKS.includes(network))]
    : networks;
  return clip(`in ${named.join(', ')}`, WIDTH - 40);
}

function clientLines(picture: LanPicture, top: number, colors: Paint): string[] {
  const { bold, dim } = colors;
  const clients = picture.clients;
  if (clients.length === 0) return [];
  const most = bytesOf(clients[0]!);
  const lines = [
    bold(fit('Client', NAME)) +
      dim(`${''.padEnd(BAR + 2)}${'up'.padStart(8)}  ${'down'.padStart(8)}  ${'flows'.padStart(5)}  seen`),
  ];
  for (const client of clients.slice(0, MOST_CLIENTS)) {
    const flows = formatShort(client.flows).padStart(5);
    const name = fitMiddle(printable(nameOf(client)), NAME);
    lines.push(
      `${bold(name)} ${bar(bytesOf(client), most, colors)} ${amount(client.bytesUp)}  ${amount(client.bytesDown)}  ${flows}  ${dim(seen(client))}`,
    );
    lines.push(...details(client, top, colors), '');
  }
  if (clients.length > MOST_CLIENTS) {
    lines.push(dim(`and ${formatCount(clients.length - MOST_CLIENTS)} more: --json has all`), '');
  }
  return lines.slice(0, -1);
}

function details(client: LanClient, top: number, colors: Paint): string[] {
  const lines: string[] = [];
  const line = (label: string, parts: readonly string[], separator = ', '): void => {
    const known = parts.filter((part) => part !== '').map(printable);
    if (known.length === 0) return;
    const text = clip(known.join(separator), WIDTH - INDENT - LABEL);
    lines.push(`${''.padEnd(INDENT)}${colors.dim(label.padEnd(LABEL))}${text}`);
  };
  const vendor = client.vendor ?? (client.randomised ? 'randomised address' : '');
  const behind = client.behind === undefined ? '' : `behind ${client.behind}`;
  const role = client.router ? 'router' : '';
  line('device', [client.mac ?? '', vendor, role, client.kind ?? '', behind]);
  const names = client.names.map(({ name, source }) => `${name} (${source})`);
  if (names.length > 1 || client.names[0]?.name !== nameOf(client)) line('names', names);
  else if (client.names[0] !== undefined) line('name from', [client.names[0].source]);
  line(
    'addresses',
    client.addresses.map(({ address, current }) => (current ? address : `${address} (before)`)),
  );
  line(
    'protocols',
    client.protocols.slice(0, top).map((share) => `${share.name} ${formatBytes(bytesOf(share))}`),
  );
  line(
    'with',
    client.destinations
      .slice(0, top)
      .map((one) => `${one.names[0] ?? one.address} ${formatBytes(bytesOf(one))}`),
  );
  return lines;
}

/** The name that a client has for a person: the best one, else its address, else its MAC. */
function nameOf(client: LanClient): string {
  return client.names[0]?.name ?? client.addresses[0]?.address ?? client.id;
}

function destinationLines(picture: LanPicture, top: number, colors: Paint): string[] {
  const { bold, dim } = colors;
  const all = picture.destinations;
  const rows = all.slice(0, top);
  if (rows.length === 0) return [];
  const most = bytesOf(rows[0]!);
  return [
    bold(fit('Destination', NAME)) +
      dim(
        `${''.padEnd(BAR + 2)}${'to it'.padStart(8)}  ${'from it'.padStart(8)}  ${'flows'.padStart(5)}  ${'clients'.padStart(7)}  address and ports`,
      ),
    ...rows.map((row) => {
      const name = fitMiddle(printable(row.names[0] ?? row.address), NAME);
      const where = [row.names.length > 0 ? row.address : '', ...row.ports].filter((part) => part !== '');
      const flows = formatShort(row.flows).padStart(5);
      const users = formatShort(row.clients).padStart(7);
      return `${name} ${bar(bytesOf(row), most, colors)} ${amount(row.bytesUp)}  ${amount(row.bytesDown)}  ${flows}  ${users}  ${dim(printable(where.join(' ')))}`;
    }),
    ...rest(all.length - rows.length, colors),
  ];
}

function protocolLines(picture: LanPicture, top: number, colors: Paint): string[] {
  return [
    ...shareLines('Protocol', picture.protocols, top, colors),
    '',
    ...shareLines(
      'Application',
      picture.applications.filter(({ name }) => name !== ''),
      top,
      colors,
    ),
  ];
}

function shareLines(title: string, all: readonly LanProtocol[], top: number, colors: Paint): string[] {
  const rows = all.slice(0, top);
  if (rows.length === 0) return [];
  const most = bytesOf(rows[0]!);
  return [
    colors.bold(fit(title, NAME)) +
      colors.dim(
        `${''.padEnd(BAR + 2)}${'up'.padStart(8)}  ${'down'.padStart(8)}  ${'flows'.padStart(5)}  seen`,
      ),
    ...rows.map((row) => {
      const name = fitMiddle(printable(row.name), NAME);
      const flows = formatShort(row.flows).padStart(5);
      return `${name} ${bar(bytesOf(row), most, colors)} ${amount(row.bytesUp)}  ${amount(row.bytesDown)}  ${flows}  ${colors.dim(seen(row))}`;
    }),
    ...rest(all.length - rows.length, colors),
  ];
}

function rest(count: number, { dim }: Paint): string[] {
  return count > 0 ? [dim(`and ${formatCount(count)} more`)] : [];
}

function bar(value: number, most: number, colors: Paint): string {
  const share = most > 0 ? value / most : 0;
  const blocks = '█'.repeat(Math.max(share > 0.004 ? 1 : 0, Math.min(BAR, Math.round(share * BAR))));
  return colors.bar(blocks.padEnd(BAR));
}

function amount(bytes: number): string {
  return formatBytes(bytes).padStart(8);
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function seen({ firstUs, lastUs }: { readonly firstUs: number; readonly lastUs: number }): string {
  return clockSpan(firstUs, lastUs);
}

function day(timeUs: number): string {
  return timeText(timeUs).slice(0, 10);
}

/** `12:00:01 to 12:05:10`, with the day of the end where that is another one. */
function clockSpan(firstUs: number, lastUs: number): string {
  const until = day(firstUs) === day(lastUs) ? '' : `${day(lastUs)} `;
  return `${timeText(firstUs).slice(11, 19)} to ${until}${timeText(lastUs).slice(11, 19)}`;
}
