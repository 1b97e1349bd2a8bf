import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ByteOutput, type OpenFile } from '../byte-output.ts';
import { OutputError, type ThreadError } from '../output-error.ts';
import { CHUNK_BYTES } from './entries.ts';
import { Chunk, EveRenderer } from './renderer.ts';

/** Chunks that may be on their way; with all of them full the writer waits. */
const CHUNKS = 8;
/** Words of the control array: the state of each chunk, the words used in each, whether the thread has begun, and has failed. */
export const FREE = 0;
export const FULL = 1;
export const LAST = 2;
export const URGENT = 3;
export const USED = CHUNKS;
export const BEGUN = CHUNKS * 2;
export const FAILED = CHUNKS * 2 + 1;
const CONTROL_WORDS = CHUNKS * 2 + 2;
/** What the thread makes it lets go at once: more room for young objects would only be memory. */
const YOUNG_MB = 8;
/** Milliseconds after which a thread that has not begun is given up. */
const START_PATIENCE_MS = 20_000;

/** What the thread is started with. */
export interface ThreadData {
  readonly file: OpenFile;
  readonly control: SharedArrayBuffer;
  readonly chunks: readonly SharedArrayBuffer[];
  readonly errors: MessagePort;
}

/**
 * Chunks from the writer to a renderer in a second thread, and back. The thread is started when the first chunk is
 * full: a small output needs none, and is rendered at its end where it was made.
 */
export class Channel {
  private readonly file: OpenFile;
  private readonly control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  private readonly buffers: SharedArrayBuffer[] = [new SharedArrayBuffer(CHUNK_BYTES)];
  private readonly chunks: Chunk[] = [new Chunk(this.buffers[0]!)];
  private readonly errors = new MessageChannel();
  private current = 0;
  private started = false;
  private startedAt = 0;

  constructor(file: OpenFile) {
    this.file = file;
  }

  /** The chunk to be filled. */
  get chunk(): Chunk {
    return this.chunks[this.current]!;
  }

  /**
   * The chunk is full up to word `used`: it goes, and the next one is to be filled. `urgent`: its lines are to be in the
   * file before others come.
   */
  send(used: number, urgent = false): void {
    if (!this.started) this.start();
    this.give(used, urgent ? URGENT : FULL);
    this.current = (this.current + 1) % CHUNKS;
    this.await(this.current);
  }

  /**
   * Renders and writes what the chunk holds up to word `used`; {@link chunk} is to be filled from its beginning. Returns true
   * when it was done here, by a renderer that is gone with the names that it knew; the thread does it in its own time.
   */
  flush(used: number): boolean {
    if (this.started) {
      this.send(used, true);
      return false;
    }
    this.renderHere(used);
    return true;
  }

  /** The end: everything is rendered and written when this returns. */
  close(used: number): void {
    if (!this.started) {
      this.renderHere(used);
      this.errors.port1.close();
      return;
    }
    this.give(used, LAST);
    for (let i = 0; i < CHUNKS; i++) this.await((this.current + 1 + i) % CHUNKS);
    this.check();
    this.errors.port1.close();
  }

  private give(used: number, state: number): void {
    const { control, current } = this;
    control[USED + current] = used;
    Atomics.store(control, current, state);
    Atomics.notify(control, current);
  }

  /** Waits until the thread has done with a chunk. */
  private await(index: number): void {
    const { control } = this;
    for (;;) {
      const state = Atomics.load(control, index);
      if (state === FREE) break;
      Atomics.wait(control, index, state, 1000);
      if (Atomics.load(control, BEGUN) === 0 && performance.now() - this.startedAt > START_PATIENCE_MS)
        throw new OutputError(this.file.path, {
          code: '',
          message: 'the second thread for output did not start',
        });
    }
    this.check();
  }

  private check(): void {
    if (Atomics.load(this.control, FAILED) === 0) return;
    const sent = receiveMessageOnPort(this.errors.port1)?.message as ThreadError | undefined;
    throw new OutputError(
      this.file.path,
      sent ?? { code: '', message: 'the second thread for output failed' },
    );
  }

  private start(): void {
    this.started = true;
    this.startedAt = performance.now();
    while (this.buffers.length < CHUNKS) {
      const buffer = new SharedArrayBuffer(CHUNK_BYTES);
      this.buffers.push(buffer);
      this.chunks.push(new Chunk(buffer));
    }
    const workerData: ThreadData = {
      file: this.file,
      control: this.control.buffer as SharedArrayBuffer,
      chunks: this.buffers,
      errors: this.errors.port2,
    };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData,
      transferList: [this.errors.port2],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    // The process ends when the records are written, whether the thread has left or not.
    worker.unref();
  }

  private renderHere(used: number): void {
    const output = new ByteOutput(this.file);
    new EveRenderer(output).render(this.chunk, 0, used);
    output.flush();
  }
}
