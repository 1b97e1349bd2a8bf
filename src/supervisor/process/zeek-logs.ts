import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '../../config/index.ts';
import { LineWriter, ZeekWriter } from '../../output/index.ts';
import type { LineOutput } from '../../output/line-writer.ts';

const FLUSH_MS = 1000;

/** Zeek's logs of a run that goes on: written out each second; logs of earlier runs are kept under another name. */
export class ZeekLogs {
  readonly writer: ZeekWriter;
  private readonly open = new Set<LineWriter>();
  private readonly timer: NodeJS.Timeout;
  private readonly onError: (error: unknown) => void;

  /** `onError` is told when writing fails, as on a full disk. */
  constructor(settings: Configuration['outputs']['zeek'], onError: (error: unknown) => void) {
    this.onError = onError;
    this.writer = new ZeekWriter((name) => this.log(join(settings.folder, name)), { json: settings.json });
    this.timer = setInterval(() => this.flush(), FLUSH_MS);
  }

  close(): void {
    clearInterval(this.timer);
    this.writer.close();
  }

  private log(path: string): LineOutput {
    setAside(path);
    const log = new LineWriter(path);
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

/** Gives a log of before the name that Zeek's own rotation would: with the time of its last line. */
function setAside(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size === 0) return;
  const time = stat.mtime.toISOString().slice(0, 23).replace('T', '-').replaceAll(/[:.]/g, '-');
  renameSync(path, path.replace(/\.log$/, `.${time}.log`));
}
