import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Configuration, weighingOf } from '../../config/index.ts';
import type { CorrelationQuestion, Tuning } from '../../control/index.ts';
import { Exceptions, Marks } from '../../correlate/exception/index.ts';
import {
  type Incident,
  type Incidents,
  loadIncidents,
  saveIncidents,
} from '../../correlate/incident/index.ts';
import { Correlator } from '../../correlate/index.ts';
import { LogReader } from '../../correlate/observation/index.ts';
import {
  type Correlation as CorrelationLine,
  CorrelationLog,
  correlationRecord,
} from '../../correlate/record/index.ts';
import {
  ipReputation,
  loadReputation,
  type Reputation,
  saveReputation,
} from '../../correlate/reputation/index.ts';
import { formatMistake, loadScenarios } from '../../correlate/scenario/index.ts';
import { type EveRecord, newIdentifier, type Wish } from '../../event/index.ts';
import type { Notifier } from '../../respond/notify/index.ts';
import { StartError } from '../privileges.ts';
import { stateFolder } from '../state-folder.ts';
import { CorrelationDesk, LIVE_US } from './correlation-desk.ts';
import { takeUp } from './correlation-take-up.ts';
import { FileTroubles } from './correlation-writing.ts';
import { reasonOf } from './member.ts';
import { type ChannelSecrets, openNotifier } from './notifying.ts';
import { ScenarioFigures } from './scenario-figures.ts';
import { WeightFile } from './weight-file.ts';

/** weir's own scenarios. */
const BUILT_IN = join(import.meta.dirname, '../../correlate/scenarios');
const SAVE_MS = 60_000;
const TICK_MS = 1000;
/** Records may be so late: time goes on without them behind this alone. */
const LATE_US = 3e6;
/** Files in the state folder. */
const REPUTATION = 'reputation.jsonl';
const INCIDENTS = 'incidents.jsonl';
const EXCEPTIONS = 'exceptions.jsonl';
/** Questions that change what is known. */
const CHANGES: ReadonlySet<CorrelationQuestion['ask']> = new Set(['mark', 'accept', 'reset']);

/** What the correlation gives to the hub. */
export interface CorrelationContext {
  /** A record of what was found, for history and files. */
  readonly record: (record: EveRecord) => void;
  readonly wish: (wish: Wish) => void;
  readonly report: (line: string) => void;
  readonly secrets: ChannelSecrets;
}

/** The correlator with its files, as the hub runs it. */
export class Correlation {
  private configuration: Configuration;
  private readonly context: CorrelationContext;
  private readonly correlator: Correlator;
  private readonly desk: CorrelationDesk;
  private readonly weights: WeightFile;
  private readonly log: CorrelationLog;
  private readonly folder: string;
  private readonly exceptions: Exceptions;
  private readonly notifier: Notifier | undefined;
  private readonly logs: readonly LogReader[];
  private readonly timers: NodeJS.Timeout[];
  /** Logs of which it was told that they cannot be read. */
  private readonly toldLogs = new Set<LogReader>();
  private readonly troubles: FileTroubles;
  private saving: Promise<void> = Promise.resolve();
  /** The evidence that was written to the log last. */
  private lastId: string;

  /** Loads scenarios and what was known before. Throws {@link StartError}. */
  static async open(configuration: Configuration, context: CorrelationContext): Promise<Correlation> {
    const folder = stateFolder(configuration, 'correlation');
    const { correlation } = configuration;
    const { scenarios, mistakes } = loadScenarios(
      [...(correlation.scenarios.builtin ? [BUILT_IN] : []), ...correlation.scenarios.files],
      { dataFolder: correlation.scenarios.data },
    );
    // One bad file is no reason to see nothing at all.
    for (const mistake of mistakes) context.report(`${formatMistake(mistake)}; the scenario is left out`);
    try {
      const weights = await WeightFile.open(join(folder, 'weights.json'));
      const reputation = await loadReputation(
        join(folder, REPUTATION),
        reputationOptions(configuration, weights.overrides),
      );
      const incidents = await loadIncidents(join(folder, INCIDENTS), { newId: newIdentifier });
      const exceptions = await Exceptions.open(join(folder, EXCEPTIONS));
      const marks = await Marks.open(join(folder, 'marks.jsonl'));
      for (const { problem } of [reputation, incidents, exceptions, marks])
        if (problem !== undefined) context.report(problem);
      const log = await CorrelationLog.open(logPath(configuration, folder, context.report), {
        fileBytes: correlation.records.sizeBytes,
        files: correlation.records.files,
      });
      const lastId = await takeUp(log, { reputation, incidents }, marks.marks);
      const notifier = openNotifier(configuration, context.secrets, context.report);
      const parts = {
        scenarios,
        figures: new ScenarioFigures(scenarios, mistakes),
        reputation: reputation.reputation,
        incidents: incidents.incidents,
        exceptions: exceptions.exceptions,
        log,
        lastId,
        notifier,
      };
      return new Correlation(configuration, context, folder, parts, marks.marks, weights);
    } catch (error) {
      if (error instanceof StartError) throw error;
      throw new StartError(`correlation: ${reasonOf(error)}`);
    }
  }

  private constructor(
    configuration: Configuration,
    context: CorrelationContext,
    folder: string,
    parts: {
      readonly scenarios: ReturnType<typeof loadScenarios>['scenarios'];
      readonly figures: ScenarioFigures;
      readonly reputation: Reputation;
      readonly incidents: Incidents;
      readonly exceptions: Exceptions;
      readonly log: CorrelationLog;
      readonly lastId: string;
      readonly notifier: Notifier | undefined;
    },
    marks: Marks,
    weights: WeightFile,
  ) {
    const { correlation, lan, respond, status } = configuration;
    this.configuration = configuration;
    this.context = context;
    this.folder = folder;
    this.troubles = new FileTroubles(context.report);
    this.weights = weights;
    this.log = parts.log;
    this.lastId = parts.lastId;
    this.exceptions = parts.exceptions;
    this.notifier = parts.notifier;
    this.correlator = new Correlator(
      {
        networks: lan.networks,
        windowMs: correlation.windowMs,
        scenarios: parts.scenarios,
        reputation: parts.reputation,
        incidents: parts.incidents,
        exceptions: parts.exceptions,
        autoBan: respond.autoBan,
        now: Date.now,
      },
      {
        correlated: (line, incident) => this.correlated(line, incident),
        wish: context.wish,
        overflowed: (overflow) => parts.figures.overflowed(overflow),
      },
    );
    this.desk = new CorrelationDesk({
      correlator: this.correlator,
      exceptions: parts.exceptions,
      marks,
      log: parts.log,
      weights,
      reputationOptions: (overrides) => reputationOptions(this.configuration, overrides),
      tuning: () => tuningOf(this.configuration),
      scenarios: parts.figures,
    });
    this.logs = correlation.sshLogs.map((path) => new LogReader({ path, now: Date.now }));
    // From now on: the first reading finds where they end.
    for (const log of this.logs) log.read();
    this.timers = [
      setInterval(() => this.tick(), TICK_MS),
      setInterval(() => void this.save(), SAVE_MS),
      ...(status.enabled ? [setInterval(() => this.writeReputations(), status.intervalMs)] : []),
    ];
    for (const timer of this.timers) timer.unref();
  }

  /** Takes records that came together. */
  take(records: readonly EveRecord[]): void {
    this.correlator.take(records, Date.now());
  }

  /** Answers a question. Throws QuestionError. */
  async answer(question: CorrelationQuestion): Promise<unknown> {
    const answer = await this.desk.answer(question);
    // What somebody took back does not come back with a crash.
    if (CHANGES.has(question.ask)) await this.save();
    return answer;
  }

  /** Takes over how evidence weighs and fades, and bans by reputation; the rest needs a start. */
  reload(next: Configuration): void {
    this.configuration = next;
    this.correlator.reputation.reweigh(reputationOptions(next, this.weights.overrides));
    this.correlator.tune(next.respond.autoBan);
  }

  statistics() {
    const { total, high, banned, uniqueAddresses, dropped } = this.log.statistics();
    return {
      ...this.correlator.statistics(),
      correlations: { total, high, banned, uniqueAddresses, dropped },
      files: this.troubles.statistics(),
      notifications: this.notifier?.statistics(),
    };
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.correlator.finish();
    await this.save();
    if (this.configuration.status.enabled) this.writeReputations();
    await this.notifier?.close();
    this.log.close();
  }

  private correlated(line: CorrelationLine, incident: Incident | undefined): void {
    if (this.log.write(line)) {
      this.lastId = line.weir.id;
      this.troubles.worked(this.log.path);
    } else this.troubles.failed(this.log.path, this.log.problem);
    this.context.record(correlationRecord(line));
    this.notifier?.notify({
      timeMs: Date.now(),
      address: line.ip,
      event: line.event_type,
      reason:
        incident === undefined || incident.steps.length < 2
          ? line.reason
          : `${line.reason}; ${incident.title}`,
      score: Math.max(line.threat_score, line.reputation_score),
      decision: line.crowdsec_status === 'banned' ? 'banned' : '',
      scenario: line.weir.source,
      target: line.weir.target,
    });
  }

  /** Live, time goes on where no records come. */
  private tick(): void {
    for (const log of this.logs) {
      for (const observation of log.read()) this.correlator.observe(observation);
      if (log.problem !== '' && !this.toldLogs.has(log)) {
        this.toldLogs.add(log);
        this.context.report(`correlation.sshLogs: ${log.problem}`);
      }
    }
    const nowUs = 1000 * Date.now();
    const { nowUs: latestUs } = this.correlator;
    if (latestUs > nowUs - LIVE_US && latestUs < nowUs + LIVE_US) this.correlator.advance(nowUs - LATE_US);
    // The time of captures stands still when they are read.
    else this.correlator.finish();
  }

  private save(): Promise<void> {
    this.saving = this.saving.then(() => this.saveNow());
    return this.saving;
  }

  /** Each file by itself: a disk that has no room for one may have it for another. */
  private async saveNow(): Promise<void> {
    const { correlator, exceptions, folder, lastId, troubles } = this;
    const { nowUs, reputation, incidents } = correlator;
    const path = (name: string): string => join(folder, name);
    await troubles.write(path(REPUTATION), () => saveReputation(reputation, path(REPUTATION), nowUs, lastId));
    await troubles.write(path(INCIDENTS), () => saveIncidents(incidents, path(INCIDENTS), nowUs, lastId));
    await troubles.write(path(EXCEPTIONS), () => exceptions.flush());
  }

  private writeReputations(): void {
    const path = join(this.configuration.status.folder, 'ip-reputation.json');
    const standings = this.correlator.reputation.standings(this.correlator.nowUs, { kind: 'address' });
    try {
      writeFileSync(`${path}.new`, `${JSON.stringify(ipReputation(standings))}\n`, { mode: 0o644 });
      renameSync(`${path}.new`, path);
      this.troubles.worked(path);
    } catch (error) {
      this.troubles.failed(path, `${path} cannot be written: ${reasonOf(error)}`);
      rmSync(`${path}.new`, { force: true });
    }
  }
}

/** Where correlations are written: beside the status files, unless somebody chose another place that we can write to. */
function logPath(
  { correlation, status }: Configuration,
  folder: string,
  report: (line: string) => void,
): string {
  const usual = join(status.enabled ? status.folder : folder, 'correlated-threats.json');
  const { file } = correlation.records;
  if (file === 'auto') return usual;
  try {
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    return file;
  } catch (error) {
    report(`${dirname(file)} cannot be written to (${reasonOf(error)}): correlations go to ${usual}`);
    return usual;
  }
}

function tuningOf({ correlation, lan, respond }: Configuration): Tuning {
  const { enabled, threshold, durationMs } = respond.autoBan;
  return {
    sensitivity: correlation.sensitivity,
    decay: correlation.decay,
    autoBan: enabled,
    threshold,
    durationMs,
    neverBan: respond.neverBan,
    networks: lan.networks,
  };
}

function reputationOptions({ correlation }: Configuration, overrides: Readonly<Record<string, number>>) {
  return { ...weighingOf(correlation), overrides };
}
