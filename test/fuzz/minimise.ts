import { PcapngWriter } from '../../src/tap/capture/index.ts';
import { readFrames } from '../support/frames.ts';
import type { CaptureInput, FuzzInput, Operation, StreamInput, WafInput, WebInput } from './input.ts';

/** Says whether an input still fails in the same way. */
type Fails = (input: FuzzInput) => Promise<boolean>;

/** Bounds the time that a failure is worked on. */
const MOST_TRIES = 600;

/** Makes a failing input smaller while it goes on failing: fewer frames or operations, then fewer bytes in each. */
export async function minimised(input: FuzzInput, fails: Fails): Promise<FuzzInput> {
  let tries = 0;
  const limited: Fails = async (candidate) => ++tries <= MOST_TRIES && (await fails(candidate));
  if (input.kind === 'stream') return minimisedStream(input, limited);
  if (input.kind === 'waf' || input.kind === 'web') return minimisedBytes(input, limited);
  return minimisedCapture(input, limited);
}

async function minimisedBytes<T extends CaptureInput | WafInput | WebInput>(
  input: T,
  fails: Fails,
): Promise<T> {
  const bytes = await fewer([...input.bytes], (list) => fails({ ...input, bytes: Uint8Array.from(list) }));
  return { ...input, bytes: Uint8Array.from(bytes) };
}

async function minimisedStream(input: StreamInput, fails: Fails): Promise<StreamInput> {
  const rebuilt = (operations: readonly Operation[]): StreamInput => ({ ...input, operations });
  let operations = await fewer(input.operations, (list) => fails(rebuilt(list)));
  for (let i = 0; i < operations.length; i++) {
    const operation = operations[i]!;
    if (operation.type !== 'data') continue;
    const at = (bytes: Uint8Array): Operation[] => operations.with(i, { ...operation, bytes });
    const bytes = await fewer([...operation.bytes], (list) => fails(rebuilt(at(Uint8Array.from(list)))));
    operations = at(Uint8Array.from(bytes));
  }
  return rebuilt(operations);
}

async function minimisedCapture(input: CaptureInput, fails: Fails): Promise<CaptureInput> {
  let best = input;
  try {
    const [batch] = readFrames(Buffer.from(input.bytes));
    if (batch !== undefined) {
      const numbers = Array.from({ length: batch.end }, (_, index) => index);
      const rebuilt = (list: readonly number[]): CaptureInput => {
        const parts: Buffer[] = [];
        const sink = {
          write: (b: Uint8Array) => void parts.push(Buffer.from(b)),
          close: () => {},
          abort: () => {},
        };
        const writer = new PcapngWriter(sink);
        for (const index of list) writer.writeFrom(batch, index);
        writer.close();
        return { ...input, bytes: Buffer.concat(parts) };
      };
      if (await fails(rebuilt(numbers))) best = rebuilt(await fewer(numbers, (list) => fails(rebuilt(list))));
    }
  } catch {
    // Only as raw bytes, then.
  }
  return minimisedBytes(best, fails);
}

/** Leaves out runs of items, long ones first, while what is left still fails. */
async function fewer<T>(items: readonly T[], fails: (list: readonly T[]) => Promise<boolean>): Promise<T[]> {
  let left = [...items];
  for (let run = left.length >> 1; run >= 1; run >>= 1) {
    for (let at = 0; at + run <= left.length; ) {
      const candidate = [...left.slice(0, at), ...left.slice(at + run)];
      if (await fails(candidate)) left = candidate;
      else at += run;
    }
  }
  return left;
}
