/** What a worker and the one who watches it tell each other. */

/** Given to a worker at its start. */
export interface WorkerStart {
  readonly seed: number;
  /** The round to begin with: rounds before it were done by a worker that died. */
  readonly round: number;
  /** Number of inputs begun, length of the one that runs. */
  readonly pulse: SharedArrayBuffer;
  /** The input that runs, encoded. */
  readonly current: SharedArrayBuffer;
}

/** A failure; `file` is the encoded input. Of the same `key` the last one is the smallest. */
export interface FailureMessage {
  readonly type: 'failure';
  readonly key: string;
  readonly text: string;
  readonly file: Uint8Array;
}

/** A round is over. */
export interface RoundMessage {
  readonly type: 'round';
  readonly round: number;
  readonly heapBytes: number;
}

export type WorkerMessage = FailureMessage | RoundMessage;

/** Bytes of the memory that holds the current input. */
export const CURRENT_BYTES = 4 << 20;
