/** The thread that renders EVE records: takes chunks of entries in turn, writes lines, gives the chunks back. */

import { workerData } from 'node:worker_threads';
import { ByteOutput } from '../byte-output.ts';
import { OutputError, type ThreadError } from '../output-error.ts';
import { BEGUN, FAILED, FREE, LAST, type ThreadData, URGENT, USED } from './channel.ts';
import { Chunk, EveRenderer } from './renderer.ts';

const { file, chunks, errors, ...data } = workerData as ThreadData;
const control = new Int32Array(data.control);
Atomics.store(control, BEGUN, 1);

const views = chunks.map((buffer) => new Chunk(buffer));
const output = new ByteOutput(file);
const renderer = new EveRenderer(output);

/** Renders one chunk; `write`: and writes out what there is. After an error the chunks that follow are given back as they are, so that nobody waits. */
function render(chunk: Chunk, used: number, write: boolean): void {
  if (control[FAILED] !== 0) return;
  try {
    renderer.render(chunk, 0, used);
    if (write) output.flush();
  } catch (error) {
    const told: ThreadError =
      error instanceof OutputError
        ? { code: error.code, message: error.message.slice(error.path.length + 2) }
        : { code: '', message: String(error) };
    errors.postMessage(told);
    Atomics.store(control, FAILED, 1);
  }
}

for (let i = 0, last = false; !last; i = (i + 1) % views.length) {
  Atomics.wait(control, i, FREE);
  const state = Atomics.load(control, i);
  last = state === LAST;
  render(views[i]!, control[USED + i]!, last || state === URGENT);
  Atomics.store(control, i, FREE);
  Atomics.notify(control, i);
}
