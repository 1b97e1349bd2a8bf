/** A thread that reads live records: what it costs to read them is not to be counted as latency of requests. */

import { get, type IncomingMessage } from 'node:http';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/** Readers that come from one address of this machine; more are refused. */
const PER_ADDRESS = 50;

/** What a reader of live records got. */
export interface Reading {
  records: number;
  missed: number;
  /** Numbers of the first and the latest record. */
  first: number;
  last: number;
  /** Records whose number did not follow on the one before. */
  jumps: number;
  /** Whether the stream ended, or could not be opened. */
  failure: string;
}

const RECORD = /^id: [0-9a-z]+-(\d+)$/;
const MISSED = /^data: \{"count":(\d+),/;

/** Many who read live records. */
export class Readers {
  private readonly worker: Worker;

  constructor(port: number, clients: number) {
    this.worker = new Worker(new URL(import.meta.url), { workerData: { port, clients } });
  }

  /** What they got until now; they are ended. */
  async end(): Promise<readonly Reading[]> {
    const told = new Promise<readonly Reading[]>((resolve, reject) => {
      this.worker.once('message', resolve);
      this.worker.once('error', reject);
    });
    this.worker.postMessage('end');
    const readings = await told;
    await this.worker.terminate();
    return readings;
  }
}

if (parentPort !== null) {
  const { port, clients } = workerData as { readonly port: number; readonly clients: number };
  const ended = new AbortController();
  const readings = Array.from({ length: clients }, (_, at) =>
    readEvents(port, `127.0.1.${1 + Math.floor(at / PER_ADDRESS)}`, ended.signal),
  );
  parentPort.once('message', () => {
    ended.abort();
    parentPort?.postMessage(readings);
  });
}

/** Reads live records from an address of this machine; `ended` ends it. */
function readEvents(port: number, localAddress: string, ended: AbortSignal): Reading {
  const reading: Reading = { records: 0, missed: 0, first: 0, last: 0, jumps: 0, failure: '' };
  const fail = (reason: string): void => {
    if (!ended.aborted && reading.failure === '') reading.failure = reason;
  };
  const asked = get({ host: '127.0.0.1', port, localAddress, path: '/api/v1/live', signal: ended });
  asked.on('error', (error) => fail(error.message));
  asked.on('response', (response: IncomingMessage) => {
    if (response.statusCode !== 200) fail(`answered ${response.statusCode}`);
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const events = (rest + text).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) take(reading, event);
    });
    response.on('error', (error) => fail(error.message));
    response.on('end', () => fail('the stream ended'));
  });
  return reading;
}

function take(reading: Reading, event: string): void {
  const [first = '', kind = '', data = ''] = event.split('\n', 3);
  if (kind === 'event: record') {
    const id = Number(RECORD.exec(first)?.[1]);
    if (reading.records === 0) reading.first = id;
    else if (id !== reading.last + 1) reading.jumps++;
    reading.last = id;
    reading.records++;
  } else if (first === 'event: missed') {
    reading.missed += Number(MISSED.exec(kind)?.[1] ?? MISSED.exec(data)?.[1] ?? 0);
  }
}
