import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { controlFolder } from '../control/index.ts';
import { Gateway, GatewayError, type GatewayOptions } from '../mitm/gateway/index.ts';
import type { TransactionSink, WebTransaction } from '../mitm/transaction.ts';
import { categoryOf, countCategories } from '../mitm/waf/categories.ts';
import { redactText } from '../mitm/waf/redact.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import { ControlServer, StartError } from '../supervisor/index.ts';
import { EveFile } from '../supervisor/process/eve-file.ts';
import { terminalPaint } from './table.ts';

/** What is said at the start, besides the ways and the rules. */
export interface GatewayWords {
  /** Lines that tell what to do now. */
  readonly hints: (gateway: Gateway) => readonly string[];
  readonly eve: string | undefined;
  /** Folder of the control socket; undefined: the usual one. */
  readonly control: string | undefined;
  readonly quiet: boolean;
}

/** Characters of a target that a line shows. */
const MOST_TARGET = 100;

/** Runs a gateway until it is told to end; returns the exit code. */
export async function runGateway(options: GatewayOptions, words: GatewayWords): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`weir: ${terminalText(line)}\n`);
  let gateway: Gateway | undefined;
  let control: ControlServer | undefined;
  const eve = words.eve === undefined ? undefined : new EveLines(new EveFile(words.eve), say);
  try {
    if (options.buffer.enabled) mkdirSync(dirname(options.buffer.folder), { recursive: true, mode: 0o755 });
    const stopped = untilStopped();
    say('loading the rules ...');
    gateway = await Gateway.start(options, {
      records: eve,
      sinks: words.quiet ? [] : [new BlockedLines(options.waf.mode === 'detection')],
      report: say,
    });
    control = await openControl(gateway, options, words.control, say);
    for (const way of gateway.ways) say(way);
    say(`judged by ${gateway.rules}${options.waf.mode === 'detection' ? '; nothing is blocked' : ''}`);
    for (const hint of words.hints(gateway)) say(hint);
    await stopped;
    say('ending: requests under way are answered first');
    return 0;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // Mistakes in rules are one in each line.
    for (const line of error.message.split('\n')) say(line);
    return 1;
  } finally {
    control?.close();
    await gateway?.close();
    eve?.close();
  }
}

/** The first SIGINT or SIGTERM ends it cleanly, the second at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

/** Where `weir requests` and its like ask; another weir that answers there already goes on doing so. */
async function openControl(
  gateway: Gateway,
  options: GatewayOptions,
  folder: string | undefined,
  say: (line: string) => void,
): Promise<ControlServer | undefined> {
  const { WebDesk } = await import('../supervisor/process/web-desk.ts');
  const desk = new WebDesk(gateway.stored, () => options);
  try {
    return await ControlServer.open(controlFolder(folder ?? 'auto'), (line) => desk.answer(line));
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    say(`weir requests and weir buffer cannot ask this one: ${error.message}`);
    return undefined;
  }
}

/** A line for each request that did not pass, on standard output. */
class BlockedLines implements TransactionSink {
  private readonly paint = terminalPaint();
  private readonly isDetecting: boolean;

  /** `isDetecting`: what would be blocked is told of. */
  constructor(isDetecting: boolean) {
    this.isDetecting = isDetecting;
  }

  take(transaction: WebTransaction): void {
    const { request, judgement, responseJudgement, reference } = transaction;
    const decided = judgement.action === 'pass' ? responseJudgement : judgement;
    const matched = [judgement, responseJudgement].flatMap((one) => one?.verdict?.matches ?? []);
    const blocked = decided !== undefined && decided.action !== 'pass';
    if (!blocked && !(this.isDetecting && matched.some((match) => categoryOf(match) === 'evaluation')))
      return;
    const what = blocked ? (decided.status === 0 ? 'dropped' : String(decided.status)) : 'noticed';
    const [category] = countCategories(matched);
    const target =
      request.target.length > MOST_TARGET ? `${request.target.slice(0, MOST_TARGET)}...` : request.target;
    const line = [
      new Date(request.timeUs / 1000).toTimeString().slice(0, 8),
      blocked ? this.paint.alarm(what.padEnd(7)) : this.paint.dim(what.padEnd(7)),
      request.connection.client.address.padEnd(15),
      terminalText(`${request.method} ${redactText(target)}`),
      category === undefined ? terminalText(decided?.reason ?? '') : this.paint.bold(category.category),
      this.paint.dim(reference),
    ];
    process.stdout.write(`${line.join('  ')}\n`);
  }
}

/** Lines of EVE into a file, those of one turn of the event loop at a time. */
class EveLines {
  private readonly file: EveFile;
  private readonly say: (line: string) => void;
  private lines: string[] = [];
  private immediate: NodeJS.Immediate | undefined;
  private lost = 0;

  constructor(file: EveFile, say: (line: string) => void) {
    this.file = file;
    this.say = say;
  }

  write(line: string): void {
    this.lines.push(line.trimEnd());
    this.immediate ??= setImmediate(() => this.flush());
  }

  private flush(): void {
    this.immediate = undefined;
    const { lines } = this;
    if (lines.length === 0) return;
    this.lines = [];
    try {
      this.file.append(lines);
    } catch (error) {
      // Requests go on where the disk is full; the first loss is told of, and the number at the end.
      if (this.lost === 0)
        this.say(`records are lost: ${error instanceof Error ? error.message : String(error)}`);
      this.lost += lines.length;
    }
  }

  close(): void {
    clearImmediate(this.immediate);
    this.flush();
    this.file.close();
    if (this.lost > 0) this.say(`${this.lost} records could not be written to ${this.file.path}`);
  }
}
