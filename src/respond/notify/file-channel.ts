import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import type { Channel } from './channel.ts';
import type { Message } from './notification.ts';
import { SendError } from './notify-error.ts';

/** Where notifications are written. */
export interface FileChannelOptions {
  readonly path: string;
  /** From this size on the file becomes `PATH.1`, that one `PATH.2`, and so on; 1 MiB without. */
  readonly maxBytes?: number | undefined;
  /** Old files that are kept; 3 without, 0 for none. */
  readonly keep?: number | undefined;
}

const MAX_BYTES = 1 << 20;
const KEEP = 3;
const MODE = 0o640;

/** Writes `notifications.json` as SecuBox does: one JSON object a line. */
export class FileChannel implements Channel {
  readonly name: string;
  private readonly options: FileChannelOptions;

  constructor(options: FileChannelOptions) {
    this.options = options;
    this.name = `file ${options.path}`;
  }

  async send(message: Message): Promise<void> {
    const { path, maxBytes = MAX_BYTES } = this.options;
    const line = Buffer.from(`${JSON.stringify(fileRecord(message))}\n`);
    try {
      let file = await openFile(path);
      try {
        const { size } = await file.stat();
        if (size > 0 && size + line.length > maxBytes) {
          await file.close();
          await this.rotate();
          file = await openFile(path);
        }
        // Its end may have been cut off by a crash: a new line is then begun.
        const { size: now } = await file.stat();
        const torn = now > 0 && !(await endsLine(file, now));
        await file.appendFile(torn ? Buffer.concat([Buffer.from('\n'), line]) : line);
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw new SendError(error instanceof Error ? error.message : String(error), true, { cause: error });
    }
  }

  async close(): Promise<void> {}

  private async rotate(): Promise<void> {
    const { path, keep = KEEP } = this.options;
    if (keep === 0) {
      const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
      await file.truncate(0);
      await file.close();
      return;
    }
    for (let number = keep - 1; number >= 1; number--) {
      await rename(`${path}.${number}`, `${path}.${number + 1}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    await rename(path, `${path}.1`);
  }
}

/** What the file has of a message; `count` only where it stands for more than one. */
export function fileRecord(message: Message): Readonly<Record<string, string | number>> {
  const { timeMs, severity, address, event, reason, score, count } = message;
  return {
    timestamp: new Date(timeMs).toISOString(),
    type: 'dpi_threat',
    severity,
    ip: address,
    event,
    reason,
    score: Math.round(score),
    ...(count > 1 ? { count } : {}),
  };
}

/** In folders below /tmp somebody may have laid a link: it is not followed. */
function openFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, MODE);
}

async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] === 0x0a;
}
