import { setTimeout as wait } from 'node:timers/promises';
import { IpcBus, parentPort } from '../../bus/index.ts';
import type { Configuration } from '../../config/index.ts';
import type { Ask } from '../../control/index.ts';
import { type FromProcess, isToProcess, type Run } from '../messages.ts';
import { Asker } from './asker.ts';

/** The work of a process, from its start to its end. */
export interface Work {
  /** Takes over a new configuration; returns what of it did not work. */
  reload(configuration: Configuration): Promise<readonly string[]>;
  /** Answers a question of the control socket; undefined: it knows none such. */
  answer(question: string): Promise<unknown>;
  /** Ends the work: everything that was begun is handed over when this resolves. */
  drain(): Promise<void>;
}

/** What a process gets at its start. */
export interface Beginning {
  readonly configuration: Configuration;
  readonly run: Run;
  readonly bus: IpcBus;
  /** Asks what the control socket could be asked; the API alone may. Rejects with a {@link ControlError}. */
  readonly ask: Ask;
  /** Its input has ended. */
  finished(): void;
  /** It cannot go on; it ends, and is started again. */
  fail(reason: string): void;
}

/** A process that is to end while it still begins has so long to come to its work, and to undo that. */
const BEGINNING_MS = 5000;

/** Runs the work of a forked process: what the supervisor says comes in, the state goes out. */
export function runProcess(name: string, begin: (beginning: Beginning) => Promise<Work>): void {
  let called = name;
  let work: Work | undefined;
  let beginning: Promise<void> | undefined;
  let ending = false;
  const bus = new IpcBus(parentPort(), {
    onHandlerError: (error) => process.stderr.write(`weir ${called}: ${reasonOf(error)}\n`),
  });
  const tell = (message: FromProcess): void => {
    if (process.connected) process.send?.(message, undefined, {}, () => undefined);
  };
  const asker = new Asker((id, line) => tell({ control: 'question', id, line }));
  const leave = (): void => {
    if (process.connected) process.disconnect?.();
    process.exit();
  };
  const fail = (reason: string): void => {
    if (ending) return;
    ending = true;
    process.exitCode = 1;
    const message: FromProcess = { control: 'failed', reason };
    if (process.send !== undefined && process.connected) process.send(message, undefined, {}, leave);
    else leave();
  };
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    try {
      // What is half begun could not be undone.
      await Promise.race([beginning, wait(BEGINNING_MS)]);
      await work?.drain();
    } catch (error) {
      process.stderr.write(`weir ${called}: ${reasonOf(error)}\n`);
      process.exitCode = 1;
    }
    leave();
  };
  // Ctrl-C reaches the whole group: the supervisor decides when a process ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('SIGHUP', () => undefined);
  // Without the supervisor nobody takes the records: what is at hand is brought to its end.
  process.once('disconnect', () => void end());
  process.once('uncaughtException', (error) => {
    process.stderr.write(`weir ${called}: ${error.stack ?? error.message}\n`);
    fail(reasonOf(error));
  });
  process.on('message', (value) => {
    if (!isToProcess(value)) return;
    switch (value.control) {
      case 'start': {
        const { configuration, run } = value;
        const finished = (): void => tell({ control: 'finished' });
        if (run.worker !== undefined) called = run.worker.name;
        beginning = begin({ configuration, run, bus, ask: asker.ask, finished, fail }).then(
          (begun) => {
            work = begun;
            tell({ control: 'ready' });
          },
          (error) => fail(reasonOf(error)),
        );
        break;
      }
      case 'reload':
        work?.reload(value.configuration).then(
          (faults) => tell({ control: 'reloaded', faults }),
          (error) => tell({ control: 'reloaded', faults: [reasonOf(error)] }),
        );
        break;
      case 'ask': {
        const { id, question } = value;
        const known = work?.answer(question) ?? Promise.resolve(undefined);
        known.then(
          (answer) => tell({ control: 'answer', id, value: answer }),
          (error) => tell({ control: 'answer', id, value: { error: reasonOf(error) } }),
        );
        break;
      }
      case 'told':
        asker.told(value.id, value.answer);
        break;
      case 'drain':
        void end();
        break;
      default:
        value satisfies never;
    }
  });
}

/** The words of an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
