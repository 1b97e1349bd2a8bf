/**
 * A host of the tests, run by itself in a namespace: echoes UDP and TCP on the ports that it is given, and sends when it
 * is told to by lines of JSON on standard input. What it is told to do and what came of it is in {@link PeerCommand}.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** What a peer does; it answers each with a line `{ id, result }`, or `{ id, error }`. */
export type PeerCommand =
  /** Whether a datagram from an address comes back; a second address, whose datagrams always do, tells how long to wait. */
  | {
      readonly op: 'echo';
      readonly from: string;
      readonly to: string;
      readonly control: string;
      readonly port: number;
    }
  /** How many of so many datagrams, sent at a pace, come back. */
  | {
      readonly op: 'flood';
      readonly from: string;
      readonly to: string;
      readonly port: number;
      readonly count: number;
      readonly perSecond: number;
    }
  /** Opens a connection; its name, or empty where it does not open. */
  | { readonly op: 'connect'; readonly from: string; readonly to: string; readonly port: number }
  /** Whether a byte comes back through a connection. */
  | { readonly op: 'alive'; readonly name: string }
  /** What the server at the other end says first. */
  | { readonly op: 'greeting'; readonly name: string }
  | { readonly op: 'disconnect'; readonly name: string };

const LATE_MS = 40;
const PATIENCE_MS = 3000;
const ALIVE_MS = 800;

const connections = new Map<string, { readonly socket: Socket; heard: string }>();
let named = 0;

function serve(port: number): void {
  for (const type of ['udp4', 'udp6'] as const) {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    socket.on('message', (bytes, { port: to, address }) => socket.send(bytes, to, address, () => undefined));
    socket.bind(port);
  }
  createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(`port ${port}\n`);
    socket.pipe(socket);
  }).listen(port, '::');
}

async function bound(address: string): Promise<UdpSocket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  // A ban at the sender's own end, or an unreachable address, is an answer too.
  socket.on('error', () => undefined);
  await new Promise<void>((done) => socket.bind(0, address, done));
  return socket;
}

async function echo({ from, to, control, port }: PeerCommand & { readonly op: 'echo' }): Promise<boolean> {
  const [one, other] = [await bound(from), await bound(control)];
  try {
    const arrived = (socket: UdpSocket) =>
      new Promise<boolean>((done) => socket.once('message', () => done(true)));
    const answer = arrived(one);
    const sure = arrived(other);
    for (const socket of [one, other]) {
      const target = socket === one ? to : control.includes(':') === to.includes(':') ? to : '';
      socket.send('x', port, target, () => undefined);
    }
    const came = await Promise.race([sure, wait(PATIENCE_MS, false)]);
    if (!came) throw new Error(`not even a datagram from ${control} came back`);
    return await Promise.race([answer, wait(LATE_MS, false)]);
  } finally {
    one.close();
    other.close();
  }
}

async function flood(command: PeerCommand & { readonly op: 'flood' }): Promise<number> {
  const socket = await bound(command.from);
  let came = 0;
  socket.on('message', () => came++);
  const start = performance.now();
  for (let sent = 0; sent < command.count; ) {
    const due = Math.min(command.count, ((performance.now() - start) * command.perSecond) / 1000);
    for (; sent < due; sent++) socket.send('x', command.port, command.to, () => undefined);
    await wait(1);
  }
  await wait(100);
  socket.close();
  return came;
}

async function open(command: PeerCommand & { readonly op: 'connect' }): Promise<string> {
  const socket = connect({ host: command.to, port: command.port, localAddress: command.from });
  const opened = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    setTimeout(done, ALIVE_MS, false).unref();
  });
  socket.on('error', () => undefined);
  if (!opened) {
    socket.destroy();
    return '';
  }
  const name = `c${named++}`;
  const connection = { socket, heard: '' };
  socket.on('data', (part) => {
    connection.heard += String(part);
  });
  connections.set(name, connection);
  return name;
}

function connectionOf(name: string) {
  const connection = connections.get(name);
  if (connection === undefined) throw new Error(`no connection ${name}`);
  return connection;
}

async function heard(name: string, matches: (text: string) => boolean): Promise<string | undefined> {
  const connection = connectionOf(name);
  const end = performance.now() + ALIVE_MS;
  while (!matches(connection.heard)) {
    if (performance.now() > end) return undefined;
    await wait(5);
  }
  return connection.heard;
}

async function act(command: PeerCommand): Promise<unknown> {
  switch (command.op) {
    case 'echo':
      return echo(command);
    case 'flood':
      return flood(command);
    case 'connect':
      return open(command);
    case 'greeting':
      return (await heard(command.name, (text) => text.includes('\n')))?.split('\n', 1)[0];
    case 'alive': {
      const mark = `<${named++}>`;
      connectionOf(command.name).socket.write(mark);
      return (await heard(command.name, (text) => text.includes(mark))) !== undefined;
    }
    case 'disconnect':
      connectionOf(command.name).socket.destroy();
      return connections.delete(command.name);
  }
}

if (import.meta.main) {
  for (const port of process.argv.slice(2)) serve(Number(port));
  createInterface({ input: process.stdin })
    .on('line', async (line) => {
      const { id, command } = JSON.parse(line) as { readonly id: number; readonly command: PeerCommand };
      try {
        process.stdout.write(`${JSON.stringify({ id, result: await act(command) })}\n`);
      } catch (error) {
        process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`);
      }
    })
    .on('close', () => process.exit(0));
  process.stdout.write(`${JSON.stringify({ id: 0, result: true })}\n`);
}
