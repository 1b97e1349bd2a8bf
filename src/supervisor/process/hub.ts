/** The hub: records from the bus into the store, the files and the view of the local network. */

import { Histogram } from '../../api/metrics/histogram.ts';
import type { Bus } from '../../bus/index.ts';
import type { Configuration } from '../../config/index.ts';
import type { EveRecord, LanView } from '../../lan/index.ts';
import { linesOfDnsVersion2 } from '../../output/index.ts';
import { FINDINGS, HUB, RECORDS, WISHES } from '../messages.ts';
import { becomeUser } from '../privileges.ts';
import { Correlation } from './correlation.ts';
import { Desk } from './desk.ts';
import { EveFile } from './eve-file.ts';
import { History } from './history.ts';
import { openLan } from './local-network.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';
import { type ChannelSecrets, channelSecrets } from './notifying.ts';
import { OpenFlowTable } from './open-flows.ts';
import { Rate } from './rate.ts';
import { parseRecords } from './records.ts';
import { StatusWriter } from './status-writer.ts';

/** How often the responder is told how many clients there are. */
const CLIENTS_MS = 30_000;

/** A batch whose delivery has begun: when one place refuses it, the others do not get it twice. */
interface Progress {
  readonly parsed: ReturnType<typeof parseRecords>;
  stored: boolean;
  written: boolean;
}

async function begin({ configuration, run, bus }: Beginning): Promise<Work> {
  const secrets = channelSecrets(configuration);
  becomeUser(run.user);
  const hub = new Hub(configuration, await openLan(configuration), bus, secrets);
  await hub.open();
  await bus.subscribe(RECORDS, (batch) => hub.take(batch), {
    name: HUB,
    durable: true,
    // Who follows the file does not wait for the store, which answers when records are durable.
    onArrival: (batch) => hub.write(batch),
  });
  return {
    reload: (next) => hub.reload(next),
    answer: (question) => hub.answer(question),
    drain: async () => {
      await bus.close();
      await hub.close();
    },
  };
}

class Hub {
  private configuration: Configuration;
  private readonly lan: LanView | undefined;
  private readonly flows: OpenFlowTable | undefined;
  private history: History | undefined;
  private desk: Desk;
  private eve: EveFile | undefined;
  private status: StatusWriter | undefined;
  private readonly bus: Bus;
  private readonly secrets: ChannelSecrets;
  private correlation: Correlation | undefined;
  private toldClients: NodeJS.Timeout | undefined;
  private readonly progress = new WeakMap<readonly string[], Progress>();
  private readonly counters = { records: 0, batches: 0, malformed: 0 };
  private readonly rate = new Rate();
  /** How long the store took for a batch. */
  private readonly storing = new Histogram();

  constructor(configuration: Configuration, lan: LanView | undefined, bus: Bus, secrets: ChannelSecrets) {
    this.configuration = configuration;
    this.bus = bus;
    this.secrets = secrets;
    this.lan = lan;
    const { progressMs } = configuration.capture;
    this.flows = progressMs > 0 ? new OpenFlowTable(progressMs) : undefined;
    this.desk = new Desk(undefined, lan, this.flows);
  }

  async open(): Promise<void> {
    const { store, outputs } = this.configuration;
    if (store.enabled) this.history = await History.open(store);
    if (this.configuration.correlation.enabled) await this.openCorrelation();
    this.desk = new Desk(this.history, this.lan, this.flows, this.correlation);
    if (outputs.eve.file !== '') this.eve = new EveFile(outputs.eve.file);
    await this.openStatus();
  }

  private async openCorrelation(): Promise<void> {
    const report = (line: string): void => void process.stderr.write(`weir hub: ${line}\n`);
    const decides = this.configuration.respond.mode !== 'off';
    const say = (line: object): void => {
      if (!decides) return;
      this.bus.publish(WISHES, [JSON.stringify(line)]).catch((error) => report(reasonOf(error)));
    };
    this.correlation = await Correlation.open(this.configuration, {
      record: (record) => this.keepOwn(record),
      wish: (wish) => say({ wish }),
      report,
      secrets: this.secrets,
    });
    const { lan } = this;
    if (lan === undefined || !decides) return;
    const tell = (): void => say({ clients: lan.clients({ top: 0 }).length });
    this.toldClients = setInterval(tell, CLIENTS_MS);
    this.toldClients.unref();
    tell();
  }

  /** A record that the hub itself makes goes where those of others go. */
  private keepOwn(record: EveRecord): void {
    const line = JSON.stringify(record);
    this.eve?.append([line]);
    if (this.configuration.api.enabled) {
      this.bus.publish(FINDINGS, [line]).catch((error) => {
        process.stderr.write(`weir hub: ${reasonOf(error)}\n`);
      });
    }
    this.history?.append([record]).catch((error) => {
      process.stderr.write(`weir hub: ${reasonOf(error)}\n`);
    });
  }

  private async openStatus(): Promise<void> {
    this.status?.close();
    this.status = undefined;
    if (this.lan === undefined || !this.configuration.status.enabled) return;
    this.status = await StatusWriter.open(this.configuration, this.lan);
  }

  /** Adds a batch to the file, unless that is done. */
  write(batch: readonly string[]): Progress {
    let progress = this.progress.get(batch);
    if (progress === undefined) {
      progress = { parsed: parseRecords(batch), stored: false, written: false };
      this.progress.set(batch, progress);
    }
    if (progress.written) return progress;
    const { outputs } = this.configuration;
    const told = outputs.eve.progress ? batch : progress.parsed.keptLines;
    const lines = outputs.eve.dnsVersion === 2 ? linesOfDnsVersion2(told) : told;
    if (lines.length > 0) this.eve?.append(lines);
    progress.written = true;
    // Before the store, which takes milliseconds: decisions do not wait for it.
    this.correlation?.take(progress.parsed.records);
    return progress;
  }

  /** Takes a batch to every place; it is acknowledged when all have it. */
  async take(batch: readonly string[]): Promise<void> {
    const progress = this.write(batch);
    const { records, kept, malformed } = progress.parsed;
    if (!progress.stored && kept.length > 0) await this.store(kept);
    progress.stored = true;
    this.counters.batches++;
    this.counters.records += records.length;
    this.rate.add(records.length);
    this.counters.malformed += malformed;
    for (const record of records) {
      this.lan?.take(record);
      this.status?.take(record);
      this.flows?.take(record);
    }
    this.progress.delete(batch);
  }

  private async store(records: readonly EveRecord[]): Promise<void> {
    if (this.history === undefined) return;
    const begun = performance.now();
    await this.history.append(records);
    this.storing.add(performance.now() - begun);
  }

  /** Takes over what can change while records come. */
  async reload(next: Configuration): Promise<readonly string[]> {
    const before = this.configuration;
    this.configuration = next;
    const faults: string[] = [];
    this.correlation?.reload(next);
    if (JSON.stringify(before.status) !== JSON.stringify(next.status)) {
      await this.openStatus().catch((error) => faults.push(`status: ${reasonOf(error)}`));
    }
    const { file } = next.outputs.eve;
    try {
      // Opened anew even under the same name: it may have been rotated.
      const eve = file === '' ? undefined : new EveFile(file);
      this.eve?.close();
      this.eve = eve;
    } catch (error) {
      faults.push(`outputs.eve.file: ${reasonOf(error)}`);
    }
    return faults;
  }

  /** The numbers for `status`; the line of an answer to the line of any other question. */
  async answer(question: string): Promise<unknown> {
    return question === 'status' ? this.figures() : this.desk.answer(question);
  }

  private figures() {
    return {
      ...this.counters,
      recordsPerSecond: this.rate.perSecond(),
      questions: this.desk.statistics(),
      openFlows: this.flows?.size,
      openBitsPerSecond: this.flows?.bitsPerSecond(),
      store: this.history && { ...this.history.statistics(), seconds: this.storing.figures() },
      correlation: this.correlation?.statistics(),
      lan: this.lan && { clients: this.lan.clients({ top: 0 }).length, ...this.lan.statistics() },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.toldClients);
    await this.correlation?.close();
    this.status?.close();
    this.eve?.close();
    await this.history?.close();
  }
}

runProcess('hub', begin);
