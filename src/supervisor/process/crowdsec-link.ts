import { readFileSync } from 'node:fs';
import { type Configuration, VERSION } from '../../config/index.ts';
import { formatTime } from '../../event/index.ts';
import { recordAddress } from '../../net/index.ts';
import { CrowdSec, type CrowdSecAlert, LapiError, type StreamChange } from '../../respond/crowdsec/index.ts';
import type { Responder } from '../../respond/index.ts';
import { StartError } from '../privileges.ts';
import { reasonOf } from './member.ts';
import type { ReplayWish } from './replays.ts';

/** Wishes in one step of the responder. */
const MOST_AT_ONCE = 1000;

/** What the link to CrowdSec is given. */
export interface CrowdSecContext {
  /** Takes a record. */
  readonly record: (record: object) => void;
  /** Has stored requests of whom an alert is about judged again. */
  readonly replay: (wish: ReplayWish) => void;
  readonly report: (line: string) => void;
}

/** CrowdSec's decisions and alerts come to the responder, the responder's go to CrowdSec. */
export class CrowdSecLink {
  readonly client: CrowdSec;
  private readonly context: CrowdSecContext;
  private responder: Responder | undefined;
  private work: Promise<void> = Promise.resolve();

  /** Undefined where no address is configured. Throws {@link StartError}. */
  static open(
    settings: Configuration['respond']['crowdsec'],
    context: CrowdSecContext,
  ): CrowdSecLink | undefined {
    if (settings.url === '') return undefined;
    try {
      return new CrowdSecLink(settings, context);
    } catch (error) {
      if (error instanceof LapiError) throw new StartError(`respond.crowdsec: ${error.message}`);
      throw error;
    }
  }

  private constructor(settings: Configuration['respond']['crowdsec'], context: CrowdSecContext) {
    const { url, machine, passwordFile, bouncerKeyFile, intervalMs } = settings;
    if (passwordFile === '' && bouncerKeyFile === '') {
      throw new StartError(
        'respond.crowdsec.url is set, but neither passwordFile nor bouncerKeyFile: it would answer nothing',
      );
    }
    this.context = context;
    const password = passwordFile === '' ? undefined : secretOf(passwordFile);
    this.client = new CrowdSec({
      url,
      version: VERSION,
      intervalMs,
      told: context.report,
      ...(password === undefined
        ? {}
        : { machine: { login: machine, password }, alerts: (one) => this.alert(one) }),
      ...(bouncerKeyFile === ''
        ? {}
        : { bouncerKey: secretOf(bouncerKeyFile), decisions: (change) => this.changed(change) }),
    });
  }

  /** Begins, now that there is somebody who takes decisions. */
  start(responder: Responder): void {
    this.responder = responder;
    this.client.start();
  }

  async stop(): Promise<void> {
    await this.client.stop();
    await this.work;
  }

  private changed(change: StreamChange): void {
    this.work = this.work
      .then(() => this.takeOver(change))
      .catch((error) => this.context.report(`decisions of CrowdSec: ${reasonOf(error)}`));
  }

  private async takeOver({ complete, wishes, lifted }: StreamChange): Promise<void> {
    const { responder } = this;
    if (responder === undefined) return;
    if (complete) {
      const wanted = new Set(wishes.map(({ type, value }) => `${type} ${value}`));
      for (const { id, type, value } of responder.decisions({ origin: 'crowdsec' })) {
        if (!wanted.has(`${type} ${value}`)) await responder.lift({ id });
      }
    }
    for (const { type, scope, value } of lifted)
      await responder.lift({ origin: 'crowdsec', type, scope, value });
    for (let at = 0; at < wishes.length; at += MOST_AT_ONCE) {
      await responder.wishAll(wishes.slice(at, at + MOST_AT_ONCE));
    }
  }

  /** An alert is a record like others: the correlator joins it by its address. */
  private alert({ address, range, scenario, message, createdMs, count, id, simulated }: CrowdSecAlert): void {
    this.context.record({
      timestamp: formatTime(createdMs * 1000),
      event_type: 'crowdsec',
      ...(address === '' ? {} : { src_ip: recordAddress(address) }),
      crowdsec: { id, scenario, message, events: count, simulated, ...(range === '' ? {} : { range }) },
    });
    this.context.replay({ value: address || range, trigger: 'crowdsec', scenario });
  }
}

function secretOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}
