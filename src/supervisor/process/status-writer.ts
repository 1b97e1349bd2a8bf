import type { Configuration } from '../../config/index.ts';
import type { EveRecord, LanView } from '../../lan/index.ts';
import type { StatusFiles } from '../../secubox/index.ts';

/** Writes the status files while the hub runs. */
export class StatusWriter {
  private readonly files: StatusFiles;
  private readonly timer: NodeJS.Timeout;
  private failed = '';

  private constructor(files: StatusFiles, intervalMs: number) {
    this.files = files;
    this.timer = setInterval(() => this.write(), intervalMs);
  }

  /** Throws where the folder is not to be trusted. */
  static async open(configuration: Configuration, view: LanView): Promise<StatusWriter> {
    const { status, capture } = configuration;
    const { StatusFiles: Files, readInterfaceCounters } = await import('../../secubox/index.ts');
    const names =
      capture.interface === 'auto'
        ? {}
        : { tapInterface: capture.interface, lanInterface: capture.interface };
    const files = new Files(view, {
      folder: status.folder,
      counters: readInterfaceCounters,
      ...names,
      ...status.files,
    });
    return new StatusWriter(files, status.intervalMs);
  }

  take(record: EveRecord): void {
    this.files.take(record);
  }

  close(): void {
    clearInterval(this.timer);
    this.write();
    this.files.close();
  }

  /** What fails is told once, until it works or fails in another way. */
  private write(): void {
    let failure = '';
    try {
      this.files.write(Date.now());
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (failure !== '' && failure !== this.failed) process.stderr.write(`weir hub: ${failure}\n`);
    this.failed = failure;
  }
}
