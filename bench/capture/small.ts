/** The small-flows capture: lookups, short connections and scans, more than a thousand new flows a second. */

import { PcapWriter } from '../../src/tap/capture/index.ts';
import { inOrderOfTime } from './order.ts';
import { Random, scatter } from './random.ts';
import { FrameBuilder } from './segment.ts';
import { FLOW_KINDS } from './short-flows.ts';

const SPAN_US = 15 * 60e6;
/** The last flows need so long to end. */
const TAIL_US = 2e6;
const START_US = 1_767_258_000e6;

/** Writes `flows` flows to `target`. Returns the number of packets. */
export function buildSmall(target: string, flows: number): number {
  const random = new Random(flows);
  const kindOf = new Uint8Array(flows);
  let packets = 0;
  for (let flow = 0; flow < flows; flow++) {
    const kind = pick(random.share());
    kindOf[flow] = kind;
    packets += FLOW_KINDS[kind]!.delaysUs.length;
  }
  const times = new Float64Array(packets);
  const flowOf = new Uint32Array(packets);
  const stepOf = new Uint8Array(packets);
  let next = 0;
  for (let flow = 0; flow < flows; flow++) {
    const startUs = random.share() * (SPAN_US - TAIL_US);
    const pace = 0.3 + random.share() * 6;
    for (const [step, delayUs] of FLOW_KINDS[kindOf[flow]!]!.delaysUs.entries()) {
      times[next] = Math.floor(startUs + delayUs * pace);
      flowOf[next] = flow;
      stepOf[next] = step;
      next++;
    }
  }
  const writer = new PcapWriter(target, { linkType: 1 });
  const frame = new FrameBuilder();
  for (const entry of inOrderOfTime(times)) {
    const flow = flowOf[entry]!;
    FLOW_KINDS[kindOf[flow]!]!.build(frame, scatter(flow), stepOf[entry]!);
    const { bytes, length } = frame;
    const timeUs = START_US + times[entry]!;
    writer.write({ bytes, offset: 0, captured: length, original: length, timeUs, nanos: 0 });
  }
  writer.close();
  return packets;
}

function pick(share: number): number {
  let left = share;
  for (const [number, kind] of FLOW_KINDS.entries()) {
    left -= kind.share;
    if (left < 0) return number;
  }
  return 0;
}
