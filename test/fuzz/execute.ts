import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Batch } from '../../src/tap/capture/batch.ts';
import { openCaptures } from '../../src/tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../../src/tap/create.ts';
import type { Engine } from '../../src/tap/engine.ts';
import { Inspection } from '../../src/tap/inspection.ts';
import { Decoder, type Packet } from '../../src/tap/packet/index.ts';
import { Sensor } from '../../src/tap/sensor.ts';
import { ethernetFrame, ipv4Datagram, tcpSegment, udpDatagram } from '../support/frames.ts';
import type { CaptureInput, FuzzInput, StreamInput } from './input.ts';
import { checkedSinks } from './sinks.ts';
import { executeWaf } from './waf.ts';
import { executeWeb } from './web.ts';

/** Something is left behind, or was counted wrongly, once all is over. */
export class WrongState extends Error {
  override name = 'WrongState';
}

/** Bounds small enough to be reached by small inputs. */
const TIGHT = { maxFlows: 16, bodyBytes: 2048, headerBytes: 1024, streamMemory: 1 << 16 } as const;
const USUAL = { maxFlows: 1024 } as const;

/** Runs one input with every output on. Throws what went wrong. */
export async function execute(input: FuzzInput): Promise<void> {
  if (input.kind === 'waf') {
    executeWaf(input);
    return;
  }
  if (input.kind === 'web') {
    executeWeb(input);
    return;
  }
  const engine = await createEngine({
    ...DEFAULT_SETTINGS,
    ...(input.tight ? TIGHT : USUAL),
    sink: checkedSinks(),
  });
  if (input.kind === 'capture') await capture(input, engine);
  else stream(input, engine);
  if (engine.flows.live !== 0) throw new WrongState(`${engine.flows.live} flows live on`);
  if (engine.inspector.pool.held !== 0)
    throw new WrongState(`${engine.inspector.pool.held} bytes are still held for reassembly`);
}

async function capture(input: CaptureInput, engine: Engine): Promise<void> {
  const sensor = new Sensor(engine, { decoder: { checksums: input.tight ? 'all' : 'none' } });
  const captures = input.file
    ? await openCaptures([temporary(input.bytes)], {})
    : await openCaptures(['-'], { standardInput: Readable.from([Buffer.from(input.bytes)]) });
  try {
    for await (const batch of captures.batches()) sensor.batch(batch);
  } finally {
    captures.close();
  }
  sensor.end();
}

function temporary(bytes: Uint8Array): string {
  const folder = join(tmpdir(), `weir-fuzz-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'input.pcap');
  writeFileSync(path, bytes);
  return path;
}

/** Gives a conversation to an inspection as the engine does, without packets around it. */
function stream(input: StreamInput, engine: Engine): void {
  const w = flowFor(input, engine);
  const inspection = new Inspection(engine.inspector, input.transport, w);
  if (input.protocol !== '') {
    inspection.expected({ protocol: input.protocol, address: undefined, port: 0, hint: undefined });
  }
  for (const operation of input.operations) {
    engine.inspector.timeUs += 1000;
    const { direction } = operation;
    if (operation.type === 'data') {
      // Bytes are valid during the call only: what a parser keeps of them must be its own.
      const bytes = new Uint8Array(operation.bytes);
      if (input.transport === 'udp') inspection.datagram(bytes, 0, bytes.length, direction, -1);
      else inspection.inOrder(bytes, 0, bytes.length, direction, -1);
      bytes.fill(0xa5);
    } else if (input.transport === 'tcp') {
      if (operation.type === 'gap') inspection.missing(operation.length, direction);
      else inspection.closed(direction);
    }
  }
  inspection.ended();
  engine.end();
}

/** Makes the record of a flow by its first packet: an empty one, which is not inspected. */
function flowFor(input: StreamInput, engine: Engine): number {
  const empty = Buffer.alloc(0);
  const segment =
    input.transport === 'tcp' ? tcpSegment(40000, 12345, 2, empty) : udpDatagram(40000, 12345, empty);
  const frame = ethernetFrame(
    0x0800,
    ipv4Datagram({ protocol: input.transport === 'tcp' ? 6 : 17 }, segment),
  );
  const batch = new Batch(1);
  batch.bytes = frame;
  batch.end = 1;
  batch.captured[0] = batch.original[0] = frame.length;
  batch.timeUs[0] = 1_700_000_000_000_000;
  batch.linkType[0] = 1;
  let w = -1;
  const decoder = new Decoder({
    packet: (packet: Packet) => {
      engine.inspector.timeUs = packet.timeUs;
      const kind = (packet.ipVersion << 8) | packet.protocol;
      w = engine.flows.insert(packet, kind, 0, engine.flows.hash(packet, kind, 0));
    },
  });
  decoder.decode(batch, 0, 1);
  return w;
}
