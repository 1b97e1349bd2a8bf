import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../test/support/corpus.ts';
import { EXPRESSIONS } from '../tap/capture/filter/filter-cases.ts';
import { compileFilter, runBpf } from '../tap/capture/filter/index.ts';
import { ADVICE, kernelAddon, packProgram } from './index.ts';

const addon = kernelAddon();
const skip = addon === undefined ? 'build/weir.node is not built (setup/addon.sh)' : false;
/** The largest page of the machines that weir runs on. */
const PAGE = 65536;

describe('a mapped file', { skip }, () => {
  const { mapFile, advise } = addon!;
  const folder = mkdtempSync(join(tmpdir(), 'weir-native-'));
  const path = join(folder, 'content');
  const content = Buffer.alloc(3 * PAGE + 17);
  for (let i = 0; i < content.length; i++) content[i] = (i * 31) & 255;
  let file = -1;
  before(() => {
    writeFileSync(path, content);
    file = openSync(path, 'r');
  });
  after(() => {
    closeSync(file);
    rmSync(folder, { recursive: true });
  });

  test('has the bytes of the file, from any page on', () => {
    const whole = mapFile(file, 0, content.length);
    assert.deepEqual(Buffer.from(whole.buffer), content);
    const part = mapFile(file, PAGE, PAGE + 5);
    assert.deepEqual(Buffer.from(part.buffer), content.subarray(PAGE, 2 * PAGE + 5));
  });

  test('outlives its descriptor', () => {
    const other = openSync(path, 'r');
    const { buffer } = mapFile(other, 0, content.length);
    closeSync(other);
    assert.deepEqual(Buffer.from(buffer), content);
  });

  test('may be written to without harm to the file', () => {
    const { buffer } = mapFile(file, 0, content.length);
    new Uint8Array(buffer).fill(0);
    assert.deepEqual(readFileSync(path), content);
  });

  test('takes advice', () => {
    const { buffer, mapped } = mapFile(file, 0, content.length);
    for (const advice of Object.values(ADVICE)) {
      const taken = advise(new Uint8Array(buffer, 100, 5000), advice);
      if (mapped) assert.equal(taken, true);
    }
    assert.equal(advise(new Uint8Array(0), ADVICE.normal), false);
    assert.throws(() => advise(new Uint8Array(buffer), 99), /no such advice/);
  });

  test('refuses what is not in a file', () => {
    const { length } = content;
    assert.throws(() => mapFile(file, 0, length + 1), /not in the file/);
    assert.throws(() => mapFile(file, PAGE, length), /not in the file/);
    assert.throws(() => mapFile(file, 1, 5), /page size/);
    assert.throws(() => mapFile(file, -PAGE, 5), /page size/);
    assert.throws(() => mapFile(file, 0, 0), /out of range/);
    assert.throws(() => mapFile(file, 0, Number.NaN), /out of range/);
    assert.throws(() => mapFile(1 << 20, 0, 1), { syscall: 'fstat' });
    // @ts-expect-error: an argument is missing
    assert.throws(() => mapFile(file, 0), /too few/);
  });
});

describe('a filter in the kernel', { skip }, () => {
  const { filterFrame, attachFilter, detachFilter } = addon!;

  test('cuts a frame to what the program keeps', () => {
    const keep = (k: number): Uint8Array => packProgram([{ code: 6, jt: 0, jf: 0, k }]);
    assert.equal(filterFrame(keep(40), new Uint8Array(100)), 40);
    assert.equal(filterFrame(keep(200), new Uint8Array(100)), 100);
    assert.equal(filterFrame(keep(0), new Uint8Array(100)), -1);
    assert.equal(filterFrame(keep(200), new Uint8Array(60000)), 200);
  });

  test('refuses what is no program', () => {
    assert.throws(() => filterFrame(new Uint8Array(0), new Uint8Array(1)), /not a run/);
    assert.throws(() => filterFrame(new Uint8Array(7), new Uint8Array(1)), /not a run/);
    // It ends without a verdict; the kernel says so.
    const endless = packProgram([{ code: 0, jt: 0, jf: 0, k: 1 }]);
    assert.throws(() => filterFrame(endless, new Uint8Array(1)), { syscall: 'bpf' });
    assert.throws(() => attachFilter(1 << 20, endless), { syscall: 'setsockopt' });
    assert.throws(() => detachFilter(1 << 20), { syscall: 'setsockopt' });
  });

  const captures = ['015e8fbd2ecdb850', '14b4251489af5b66', '25bb51554004b14a', '00c4fbc8f7a6c8a2']
    .map((name) => join(CORPUS, 'pcaps', `${name}.pcap`))
    .filter((path) => existsSync(path));

  test('selects what our own interpreter selects', { skip: withoutCorpus('pcaps') }, () => {
    const frames = captures.flatMap((path) => framesOf(path).slice(0, 40));
    for (const expression of EXPRESSIONS) {
      const instructions = compileFilter(expression).bpf();
      const program = packProgram(instructions);
      for (const frame of frames) {
        const ours = runBpf(instructions, frame, 0, frame.length, frame.length) > 0;
        const theirs = filterFrame(program, frame) >= 0;
        if (ours !== theirs) assert.fail(`${expression}: ${Buffer.from(frame).toString('hex')}`);
      }
    }
  });
});

/** Frames of a classic capture, little-endian. */
function framesOf(path: string): Uint8Array[] {
  const bytes = readFileSync(path);
  const frames: Uint8Array[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const captured = bytes.readUInt32LE(at + 8);
    frames.push(bytes.subarray(at + 16, at + 16 + captured));
    at += 16 + captured;
  }
  return frames;
}
