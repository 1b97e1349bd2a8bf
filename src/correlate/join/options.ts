/** Bounds and waits of the join. Times in milliseconds. */
export interface JoinOptions {
  /** How long records of a flow that has ended are waited for, beyond its end; 60 s without. */
  readonly waitMs?: number | undefined;
  /** How long the end of a flow, or a flow at all, is waited for since the last record of it; 15 minutes without. */
  readonly openMs?: number | undefined;
  /** How far the clocks of the two streams may be apart; 2 s without. */
  readonly slackMs?: number | undefined;
  /** Connections that are held; 100,000 without. */
  readonly connections?: number | undefined;
  /** Bytes that they may take, as an estimate; 96 MiB without. */
  readonly bytes?: number | undefined;
}

/** The options with all that was left out. Times in microseconds. */
export interface JoinBounds {
  readonly waitUs: number;
  readonly openUs: number;
  readonly slackUs: number;
  readonly connections: number;
  readonly bytes: number;
}

/** Completes the options. */
export function boundsOf(options: JoinOptions): JoinBounds {
  return {
    waitUs: 1000 * (options.waitMs ?? 60_000),
    openUs: 1000 * (options.openMs ?? 900_000),
    slackUs: 1000 * (options.slackMs ?? 2000),
    connections: options.connections ?? 100_000,
    bytes: options.bytes ?? 96 << 20,
  };
}
