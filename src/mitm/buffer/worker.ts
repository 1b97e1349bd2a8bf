/** The thread of buffer B: stores and analyses what the live side hands over, and answers its questions. */
import { parentPort, workerData } from 'node:worker_threads';
import { reasonOf } from './buffer-error.ts';
import type { Handed } from './handover.ts';
import type { FromThread, ThreadStart, ToThread } from './messages.ts';
import { giveWay, lowerThreadPriority, threadNumber } from './priority.ts';
import { BufferReader } from './reader.ts';

const ALIVE_MS = 1000;

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');
const { reader: options, isLowPriority } = workerData as ThreadStart;

function say(message: FromThread): void {
  port?.postMessage(message);
}

let priorityProblem = isLowPriority ? lowerThreadPriority() : 'it was not asked for';
try {
  const reader = await BufferReader.open(options);
  // Not before: whoever starts it waits while rules are loaded, however busy the machine is.
  if (priorityProblem === '') priorityProblem = giveWay();
  say({ type: 'ready', priorityProblem, thread: threadNumber() });
  serve(reader);
} catch (error) {
  say({ type: 'refused', reason: reasonOf(error) });
  port.close();
}

function serve(reader: BufferReader): void {
  const batches: (readonly Handed[])[] = [];
  let working: Promise<void> | undefined;
  let ticking: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      let stored = 0;
      for (const item of batch) if (await reader.take(item)) stored++;
      say({ type: 'done', count: batch.length, stored });
    }
    working = undefined;
  };
  const tick = async (): Promise<void> => {
    say({ type: 'alive' });
    await reader.tick();
    ticking = undefined;
  };
  const answer = async (message: Extract<ToThread, { readonly type: 'question' }>): Promise<void> => {
    const { id, question } = message;
    try {
      say({ type: 'answer', id, answer: await reader.answer(question) });
    } catch (error) {
      say({ type: 'failed', id, reason: reasonOf(error) });
    }
  };
  const timer = setInterval(() => {
    ticking ??= tick();
  }, ALIVE_MS);

  const close = async (): Promise<void> => {
    clearInterval(timer);
    await working;
    await ticking;
    await reader.close();
    say({ type: 'closed' });
    port?.close();
  };

  port?.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'batch':
        batches.push(message.items);
        working ??= work();
        return;
      case 'question':
        void answer(message);
        return;
      case 'close':
        void close();
        return;
      default:
        message satisfies never;
    }
  });
}
