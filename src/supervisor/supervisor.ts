import { childPort, Relay } from '../bus/index.ts';
import { type Configuration, ConfigurationError, changes, defaultConfiguration } from '../config/index.ts';
import {
  answerLine,
  controlFolder,
  isResponseQuestion,
  isSystemQuestion,
  isWebQuestion,
  MOST_LONG_QUESTION,
  parseQuestion,
  type Question,
  QuestionError,
  questionLine,
  refusalLine,
  type SystemQuestion,
  type SystemStatus,
} from '../control/index.ts';
import { readEitherConfiguration, refuseWhereOff } from './chosen-configuration.ts';
import { ConfigurationDesk } from './configuration-desk.ts';
import { ControlServer } from './control-server.ts';
import { ManagedProcess, type ProcessDescription } from './managed-process.ts';
import {
  API,
  HUB,
  MIRROR_GUARD,
  PROXY,
  RECORDS,
  RESPONDER,
  type Run,
  SENSOR,
  topicsOf,
  WISHES,
} from './messages.ts';
import type { ServiceNotifier } from './notify.ts';
import { preparePlaces, StartError } from './privileges.ts';
import { setAsideLogs } from './process/earlier-logs.ts';
import { processesOf } from './process-list.ts';
import { strayPackets } from './ring-folders.ts';
import { sumOfSensors } from './sensor-sum.ts';

/** What a supervisor is made of. */
export interface SupervisorOptions {
  /** Path of the configuration; undefined: the defaults, which a reload does not change. */
  readonly file: string | undefined;
  readonly configuration: Configuration;
  readonly run: Run;
  /** In the order of starting; ended in the opposite order of what they give: the first first. */
  readonly processes: readonly ProcessDescription[];
  readonly notifier: ServiceNotifier;
  /** End when the captures are read. */
  readonly once: boolean;
  /** Takes a line for the user. */
  readonly say: (line: string) => void;
}

/** A question waits so long for a hub that starts, and so long for its answer. */
const HUB_START_MS = 5000;
const HUB_ANSWER_MS = 22_000;
/** Questions of the API that are worked on at the same time. */
const MOST_AT_ONCE = 64;

/** Keeps the processes of a list alive, carries their bus, answers `weir status`, and ends them cleanly. */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly processes: readonly ManagedProcess[];
  private readonly relay: Relay;
  private readonly since = new Date().toISOString();
  private configuration: Configuration;
  /** Path of the configuration; undefined: the defaults. */
  private file: string | undefined;
  private readonly desk: ConfigurationDesk;
  private state: SystemStatus['state'] = 'starting';
  private control: ControlServer | undefined;
  private watchdog: NodeJS.Timeout | undefined;
  private failure: string | undefined;
  private end: (() => void) | undefined;
  /** Questions of the API that have no answer yet. */
  private inWork = 0;
  /** Questions that wait for a hub that starts. */
  private readonly waiting = new Set<() => void>();

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.configuration = options.configuration;
    this.file = options.file;
    this.desk = new ConfigurationDesk({
      file: () => this.file,
      configuration: () => this.configuration,
      pending: () => this.pending(),
      // As it was started: who came in without a login could change that.
      guarded: () => process.getuid?.() === 0 || options.configuration.api.anonymous === 'admin',
      takeOver: async (file) => this.takeOver(file),
    });
    this.relay = new Relay({ queueBytes: options.configuration.processes.queue });
    this.relay.declare(RECORDS, HUB);
    const list = processesOf(options);
    // Without a responder nobody would take them out of the queue.
    if (list.some(({ name }) => name === RESPONDER)) this.relay.declare(WISHES, RESPONDER);
    this.processes = list.map(
      (description) =>
        new ManagedProcess(description, options.configuration, options.run, {
          forked: (child) => this.relay.attach(childPort(child), topicsOf(description.name)),
          ready: () => {
            this.hubNews();
            this.started();
          },
          finished: ({ name }) => this.finished(name),
          reloaded: ({ name }, faults) => {
            for (const fault of faults) this.options.say(`${name}: ${fault}; what was before stays`);
          },
          asked: ({ name }, line) => this.askedBy(name, line),
          crashed: (process, how, waitMs) => this.crashed(process, how, waitMs),
        }),
    );
  }

  /**
   * Runs until it is told to end; resolves to the exit code. Throws {@link StartError} where it cannot start, and
   * leaves nothing behind.
   */
  async run(): Promise<number> {
    const { configuration, run, notifier, say } = this.options;
    preparePlaces(configuration, run.user);
    if (run.captures.length === 0) for (const line of strayPackets(configuration.capture)) say(line);
    this.setLogsAside(configuration);
    this.control = await ControlServer.open(controlFolder(configuration.control.folder), (line) =>
      this.answer(line),
    );
    const ended = new Promise<void>((resolve) => {
      this.end = resolve;
    });
    const stop = (): void => this.end?.();
    const reload = (): void => void this.reload();
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', reload);
    try {
      for (const one of this.processes) one.start();
      await ended;
      const clean = await this.stop();
      if (this.failure !== undefined) throw new StartError(this.failure);
      return clean ? 0 : 1;
    } finally {
      clearInterval(this.watchdog);
      this.control.close();
      await notifier.stopping();
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      process.off('SIGHUP', reload);
    }
  }

  /** Of several sensors, what one in their place would tell, under its name. */
  private sumOfWorkers(answers: readonly (readonly [string, unknown])[]): SystemStatus['statistics'] {
    const workers = this.processes.filter(({ worker }) => worker !== undefined).map(({ name }) => name);
    if (workers.length === 0) return {};
    return {
      [SENSOR]: sumOfSensors(answers.filter(([name]) => workers.includes(name)).map(([, one]) => one)),
    };
  }

  /** One sensor does this by itself; several would do it to each other. */
  private setLogsAside({ outputs: { zeek } }: Configuration): void {
    const several = this.processes.filter(({ worker }) => worker !== undefined).length > 1;
    if (!several || zeek.folder === '') return;
    try {
      setAsideLogs(zeek.folder);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new StartError(`the logs of before in ${zeek.folder} cannot be set aside: ${error.message}`);
    }
  }

  /** The whole state. */
  async status(): Promise<SystemStatus> {
    const answers = await Promise.all(
      this.processes.map(async (one) => [one.name, await one.ask('status')] as const),
    );
    return {
      pid: process.pid,
      since: this.since,
      state: this.state,
      configuration: this.file,
      supervisorBytes: process.memoryUsage.rss(),
      processes: this.processes.map((one) => one.status()),
      statistics: { ...this.sumOfWorkers(answers), ...Object.fromEntries(answers) },
      bus: this.relay.statistics(),
    };
  }

  /** The line of the answer to a line from the control socket, whatever that is. */
  private async answer(line: string, most?: number): Promise<string> {
    let question: Question;
    try {
      question = parseQuestion(line, most);
    } catch (error) {
      if (!(error instanceof QuestionError)) throw error;
      return refusalLine('question', error.message);
    }
    if (question.ask === 'status') return answerLine(await this.status());
    if (isSystemQuestion(question)) return this.answerSystem(question);
    if (isResponseQuestion(question)) return this.askResponder(questionLine(question));
    return isWebQuestion(question)
      ? this.askProxy(questionLine(question))
      : this.askHub(questionLine(question));
  }

  /** The process of the API asks for those whom it has let in; no other process has anything to ask. */
  private async askedBy(name: string, line: string): Promise<string> {
    if (name !== API) return refusalLine('question', `${name} asks nothing`);
    if (this.inWork >= MOST_AT_ONCE)
      return refusalLine('busy', 'too much is asked at the same time: ask again');
    this.inWork++;
    try {
      return await this.answer(line, MOST_LONG_QUESTION);
    } catch (error) {
      return refusalLine('failed', error instanceof Error ? error.message : String(error));
    } finally {
      this.inWork--;
    }
  }

  /** What only this process can do. */
  private async answerSystem(question: SystemQuestion): Promise<string> {
    try {
      return answerLine(await this.system(question));
    } catch (error) {
      if (error instanceof QuestionError) return refusalLine('question', error.message);
      return refusalLine('failed', error instanceof Error ? error.message : String(error));
    }
  }

  private async system(question: SystemQuestion): Promise<unknown> {
    switch (question.ask) {
      case 'configuration':
        return this.desk.read();
      case 'configure':
        return await this.desk.change(question);
      case 'versions':
        return this.desk.versions();
      case 'version':
        return this.desk.version(question.version);
      case 'mirror':
        return await (await import('./mirror-desk.ts')).mirrors();
      case 'mirror-start':
        return await (await import('./mirror-desk.ts')).beginMirror(question.source);
      case 'mirror-stop':
        return await (await import('./mirror-desk.ts')).endMirror(question.source);
      default:
        return question satisfies never;
    }
  }

  private async askResponder(line: string): Promise<string> {
    const responder = this.processes.find(({ name }) => name === RESPONDER);
    if (responder === undefined && this.options.run.captures.length > 0) {
      return refusalLine(
        'off',
        "this weir reads captures, which nothing can be decided about any more: 'weir simulate' says what would have been",
      );
    }
    if (responder === undefined) {
      return refusalLine(
        'off',
        'this weir takes no decisions: set respond.mode to observe or enforce in weir.yaml and start weir again',
      );
    }
    const answer = responder.state === 'running' ? await responder.ask(line, HUB_ANSWER_MS) : undefined;
    if (typeof answer === 'string') return answer;
    return refusalLine('busy', "the responder gave no answer: ask again; 'weir status' tells how it is");
  }

  private async askProxy(line: string): Promise<string> {
    const proxy = this.processes.find(({ name }) => name === PROXY);
    if (proxy === undefined) {
      return refusalLine(
        'off',
        'web traffic is not judged: set web.enabled to true in weir.yaml and start weir again',
      );
    }
    const answer = proxy.state === 'running' ? await proxy.ask(line, HUB_ANSWER_MS) : undefined;
    if (typeof answer === 'string') return answer;
    return refusalLine('busy', "the proxy gave no answer: ask again; 'weir status' tells how it is");
  }

  private async askHub(line: string): Promise<string> {
    const hub = this.processes.find(({ name }) => name === HUB);
    if (hub === undefined) return refusalLine('off', 'this weir has no hub, which alone could answer');
    if (hub.state !== 'running') await this.hubStart();
    if (hub.state !== 'running') {
      return refusalLine('failed', "the hub does not run at present: ask again; 'weir status' tells more");
    }
    const { pid } = hub.status();
    const answer = await hub.ask(line, HUB_ANSWER_MS);
    if (typeof answer === 'string') return answer;
    return hub.state === 'running' && hub.status().pid === pid
      ? refusalLine('busy', 'the hub gave no answer in time: ask again, or for less')
      : refusalLine('failed', 'the hub ended before it had the answer: ask again');
  }

  /** Resolves when the hub has news of itself, or when it had none for long. */
  private hubStart(): Promise<void> {
    if (this.state === 'stopping') return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.waiting.delete(settle);
        resolve();
      };
      const timer = setTimeout(settle, HUB_START_MS);
      this.waiting.add(settle);
    });
  }

  private hubNews(): void {
    if (
      this.state !== 'stopping' &&
      !this.processes.some(({ name, state }) => name === HUB && state === 'running')
    )
      return;
    for (const settle of this.waiting) settle();
  }

  private started(): void {
    if (this.state !== 'starting' || this.processes.some(({ state }) => state !== 'running')) return;
    this.state = 'running';
    const { notifier, say } = this.options;
    say('running; Ctrl-C ends it, weir status tells more');
    void notifier.ready('running');
    if (notifier.watchdogMs !== undefined) {
      this.watchdog = setInterval(() => void notifier.alive(), notifier.watchdogMs);
    }
  }

  private finished(name: string): void {
    const { once, say } = this.options;
    say(`${name}: the captures are read${once ? '' : '; weir goes on until it is stopped'}`);
    if (once) this.end?.();
  }

  private crashed(process: ManagedProcess, how: string, waitMs: number | undefined): void {
    if (waitMs !== undefined) {
      this.options.say(`${process.name} ended (${how}); it is started again in ${waitMs} ms`);
      return;
    }
    this.failure ??= `${process.name} could not start: ${how}`;
    this.end?.();
  }

  /** Ends the sources first, lets the hub take what is on its way, then ends the hub. True when all was clean. */
  private async stop(): Promise<boolean> {
    this.state = 'stopping';
    this.hubNews();
    void this.options.notifier.stopping();
    const deadline = AbortSignal.timeout(this.configuration.processes.drainMs);
    const hub = this.processes.filter(({ name }) => name === HUB);
    const guard = this.processes.filter(({ name }) => name === MIRROR_GUARD);
    // What the hub still finds in the last records is decided, so it goes behind the hub.
    const responder = this.processes.filter(({ name }) => name === RESPONDER);
    const api = this.processes.filter(({ name }) => name === API);
    const sources = this.processes.filter((one) => ![...hub, ...guard, ...responder, ...api].includes(one));
    // It only looks on.
    const ended = await Promise.all([...sources, ...api].map((one) => one.stop(deadline)));
    // While sensors read from it the mirror stays.
    const unguarded = Promise.all(guard.map((one) => one.stop(deadline)));
    const drained = this.failure === undefined && (await this.relay.drained(deadline));
    const closed = [
      ...(await Promise.all(hub.map((one) => one.stop(deadline)))),
      ...(await Promise.all(responder.map((one) => one.stop(deadline)))),
      ...(await unguarded),
    ];
    if (this.failure !== undefined) return false;
    if (!drained) {
      const left = this.relay.statistics().subscribers.reduce((sum, one) => sum + one.queuedBatches, 0);
      this.options.say(`${left} batches of records could not be handed over in time`);
    }
    return drained && [...ended, ...closed].every((clean) => clean);
  }

  /** A good configuration is taken over as far as that is possible; of a bad one nothing: it throws. */
  private takeOver(file: string | undefined): void {
    const { say, run } = this.options;
    const next = file === undefined ? defaultConfiguration() : readToRun(file);
    preparePlaces(next, run.user);
    const changed = changes(this.configuration, next);
    if (changed.some(({ name }) => name.startsWith('outputs.zeek.'))) this.setLogsAside(next);
    this.file = file;
    this.configuration = next;
    for (const one of this.processes) one.reload(next);
    const now = changed.filter(({ live }) => live).map(({ name }) => name);
    say(`configuration read again: ${now.length === 0 ? 'no setting differs' : `${now.join(', ')} changed`}`);
    const later = this.pending();
    if (later.length > 0) say(`only a new start changes ${later.join(', ')}`);
  }

  /** Settings that differ from what the processes were started with, and that only a start changes. */
  private pending(): readonly string[] {
    const { configuration } = this.options;
    return changes(configuration, this.configuration)
      .filter(({ live }) => !live)
      .map(({ name }) => name);
  }

  /** SIGHUP. */
  private async reload(): Promise<void> {
    const { notifier, say } = this.options;
    if (this.state !== 'running') return;
    await notifier.reloading();
    try {
      this.takeOver(this.file);
    } catch (error) {
      if (!(error instanceof ConfigurationError || error instanceof StartError || isSystemError(error)))
        throw error;
      say(`the new configuration is refused, the old one stays:\n${error.message}`);
    }
    await notifier.ready('running');
  }
}

/** What weir is to run by; refused where the file says that nothing is to run: only a stop does that. */
function readToRun(file: string): Configuration {
  const read = readEitherConfiguration(file);
  refuseWhereOff(file, read);
  return read.configuration;
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
