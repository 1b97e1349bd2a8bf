import { reasonOf } from './member.ts';

/**
 * Tells of files that cannot be written, as on a full disk: once for each, and once more when it can be written again.
 * Each failure is counted. What is known stays in memory, and goes to the disk when there is room.
 */
export class FileTroubles {
  private readonly report: (line: string) => void;
  private readonly failing = new Set<string>();
  private failures = 0;

  constructor(report: (line: string) => void) {
    this.report = report;
  }

  /** Writes a file; whether that worked. */
  async write(path: string, write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
    } catch (error) {
      this.failed(path, reasonOf(error));
      return false;
    }
    this.worked(path);
    return true;
  }

  /** Takes note that a file could not be written. `reason` names it. */
  failed(path: string, reason: string): void {
    this.failures++;
    if (this.failing.has(path)) return;
    this.failing.add(path);
    this.report(`${reason}; it is tried again`);
  }

  /** Takes note that a file was written. */
  worked(path: string): void {
    if (this.failing.delete(path)) this.report(`${path} is written again`);
  }

  /** Files that cannot be written, and how often that failed since the start. */
  statistics(): { readonly failing: number; readonly failures: number } {
    return { failing: this.failing.size, failures: this.failures };
  }
}
