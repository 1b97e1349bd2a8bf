import { join } from 'node:path';
import type { Configuration } from '../../config/index.ts';
import { LineWriter, ZeekWriter } from '../../output/index.ts';
import type { LineOutput } from '../../output/line-writer.ts';
import { setAside } from './earlier-logs.ts';
import { SharedLog } from './shared-log.ts';

const FLUSH_MS = 1000;

/** How the logs of a run are written. */
export interface ZeekLogsOptions {
  /** Other sensors write to the same logs; those of earlier runs were set aside before (earlier-logs.ts). */
  readonly shared: boolean;
  /** Told when writing fails, as on a full disk. */
  readonly onError: (error: unknown) => void;
}

/** Zeek's logs of a run that goes on: written out each second; logs of earlier runs are kept under another name. */
export class ZeekLogs {
  readonly writer: ZeekWriter;
  private readonly open = new Set<LineWriter | SharedLog>();
  private readonly shared: boolean;
  private readonly timer: NodeJS.Timeout;
  private readonly onError: (error: unknown) => void;

  constructor(settings: Configuration['outputs']['zeek'], { shared, onError }: ZeekLogsOptions) {
    this.shared = shared;
    this.onError = onError;
    this.writer = new ZeekWriter((name) => this.log(join(settings.folder, name)), { json: settings.json });
    this.timer = setInterval(() => this.flush(), FLUSH_MS);
  }

  close(): void {
    clearInterval(this.timer);
    this.writer.close();
  }

  private log(path: string): LineOutput {
    if (!this.shared) setAside(path);
    const log = this.shared ? new SharedLog(path) : new LineWriter(path);
    this.open.add(log);
    return log;
  }

  private flush(): void {
    try {
      for (const log of this.open) log.flush();
    } catch (error) {
      this.onError(error);
    }
  }
}
