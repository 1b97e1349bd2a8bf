import { newIdentifier } from '../../event/index.ts';
import type { Channel } from './channel.ts';
import { Delivery, type DeliveryOptions } from './delivery.ts';
import { FileChannel, type FileChannelOptions } from './file-channel.ts';
import { type Group, Grouping } from './grouping.ts';
import { type Message, type Notification, type PlainMessage, severityOf } from './notification.ts';
import { NotifyError } from './notify-error.ts';
import { RateLimit } from './rate-limit.ts';
import { SmtpChannel, type SmtpOptions } from './smtp.ts';
import { SyslogChannel, type SyslogOptions } from './syslog.ts';
import { oneLine, parseTemplate, type Template } from './template.ts';
import { WebhookChannel, type WebhookOptions } from './webhook.ts';

/** What all channels have. */
export interface ChannelOptions extends Omit<DeliveryOptions, 'told'> {
  /** Messages in any hour; 30 without, for a file none are counted. 0: no limit. */
  readonly perHour?: number | undefined;
  /** Score from which on this channel is told; that of the notifier without. */
  readonly threshold?: number | undefined;
  /** Templates, see `parseTemplate`. */
  readonly subject?: string | undefined;
  readonly body?: string | undefined;
}

/** One channel. */
export type ChannelSettings = ChannelOptions &
  (
    | ({ readonly kind: 'file' } & FileChannelOptions)
    | ({ readonly kind: 'webhook' } & Omit<WebhookOptions, 'version' | 'now'>)
    | ({ readonly kind: 'mail' } & Omit<SmtpOptions, 'now'>)
    | ({ readonly kind: 'syslog' } & SyslogOptions)
  );

/** Who is told of what. */
export interface NotifierOptions {
  readonly channels: readonly ChannelSettings[];
  /** Score from which on somebody is told; 70 without. */
  readonly threshold?: number | undefined;
  /** How long notifications of the same address and event are gathered, in milliseconds; 5 min without. */
  readonly groupMs?: number | undefined;
  /** The host that tells, for templates and syslog. */
  readonly host: string;
  /** Of weir, for the User-Agent of webhooks. */
  readonly version: string;
  /** Is told once when a channel begins to fail and once when it works again. */
  readonly told: (text: string) => void;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
  /** How often it is looked for groups that are complete, in milliseconds; 1 s without, 0: only when `tick` is called. */
  readonly tickMs?: number | undefined;
}

const THRESHOLD = 70;
const GROUP_MS = 5 * 60_000;
const MOST_GROUPS = 10_000;
const PER_HOUR = 30;
const TICK_MS = 1000;
const CLOSE_WITHIN_MS = 3000;
const SUBJECT = '[weir] {severity}: {event} from {ip} (score {score})';
const BODY = `{reason}

Address: {ip}
Event: {event}, {count} time(s), first {first}, last {time}
Score: {score} ({severity})
Scenario: {scenario}
Target: {target}
Decision: {decision}
Told by {host}
`;
const LINE =
  '{event} from {ip} to {target}: {reason}; score {score}, count {count}, scenario {scenario}, decision {decision}';

/** A channel with all that stands before it. */
interface Line {
  readonly delivery: Delivery;
  readonly limit: RateLimit;
  readonly threshold: number;
  readonly subject: Template;
  readonly body: Template;
}

/** Tells people what happened. `notify` never waits and never throws: what cannot be sent is counted. */
export class Notifier {
  private readonly lines: readonly Line[];
  private readonly grouping: Grouping;
  private readonly lowest: number;
  private readonly host: string;
  private readonly now: () => number;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly counts = { notified: 0, belowThreshold: 0, rateLimited: 0 };

  /** Throws {@link NotifyError} for a setting that is wrong, with its place. */
  constructor(options: NotifierOptions) {
    const { threshold = THRESHOLD, groupMs = GROUP_MS, tickMs = TICK_MS, host, now = Date.now } = options;
    this.host = host;
    this.now = now;
    this.lines = options.channels.map((settings, index) => lineOf(settings, index, threshold, options));
    this.lowest = Math.min(...this.lines.map((line) => line.threshold));
    this.grouping = new Grouping(groupMs, MOST_GROUPS);
    this.timer = tickMs === 0 ? undefined : setInterval(() => this.tick(), tickMs).unref();
  }

  /** Tells of something, now or together with what follows it. */
  notify(notification: Notification): void {
    if (!(notification.score >= this.lowest)) {
      this.counts.belowThreshold++;
      return;
    }
    this.counts.notified++;
    const group = this.grouping.take(notification, this.now());
    if (group !== undefined) this.send(group);
  }

  /** Sends the groups that are complete, and what a rate limit left out where there is room again. */
  tick(): void {
    const nowMs = this.now();
    for (const group of this.grouping.due(nowMs)) this.send(group);
    for (const line of this.lines) this.sendSummary(line, nowMs);
  }

  /** Numbers of the notifier, and of each channel by its place, from 1, as `channel_1_sent`. */
  statistics(): Readonly<Record<string, number>> {
    const channels = this.lines.flatMap(({ delivery }, index) =>
      Object.entries(delivery.statistics()).map(
        ([name, value]) => [`channel_${index + 1}_${name}`, value] as const,
      ),
    );
    return { ...this.counts, gathered: this.grouping.gathered, ...Object.fromEntries(channels) };
  }

  /** Sends what is gathered and what waits, for a few seconds at most. */
  async close(withinMs: number = CLOSE_WITHIN_MS): Promise<void> {
    clearInterval(this.timer);
    for (const group of this.grouping.due(this.now(), true)) this.send(group);
    await Promise.all(this.lines.map(({ delivery }) => delivery.close(withinMs)));
  }

  private send({ notification, firstMs, count }: Group): void {
    const nowMs = this.now();
    const message: PlainMessage = {
      ...notification,
      reason: oneLine(notification.reason),
      id: newIdentifier(),
      severity: severityOf(notification.score),
      count,
      firstMs,
      host: this.host,
    };
    for (const line of this.lines) {
      if (notification.score < line.threshold) continue;
      this.sendSummary(line, nowMs);
      if (line.limit.allows(nowMs)) line.delivery.give(filled(line, message));
      else {
        this.counts.rateLimited++;
        line.limit.leave(count, notification.score, notification.address, nowMs);
      }
    }
  }

  private sendSummary(line: Line, nowMs: number): void {
    const leftOut = line.limit.summary(nowMs);
    if (leftOut === undefined) return;
    const { count, score, addresses, firstMs, lastMs } = leftOut;
    const some = addresses.length === 0 ? '' : `, among them of ${addresses.join(', ')}`;
    const summary: PlainMessage = {
      id: newIdentifier(),
      timeMs: lastMs,
      firstMs,
      address: '',
      event: 'rate_limit',
      reason: `${count} notifications were left out to stay below the limit of this channel${some}`,
      score,
      severity: severityOf(score),
      decision: '',
      scenario: '',
      target: '',
      count,
      host: this.host,
    };
    line.delivery.give(filled(line, summary));
  }
}

function lineOf(
  settings: ChannelSettings,
  index: number,
  commonThreshold: number,
  { told, version, now }: NotifierOptions,
): Line {
  const { kind, threshold = commonThreshold, mostWaiting, attempts, firstWaitMs, timeoutMs } = settings;
  const perHour = settings.perHour ?? (kind === 'file' ? 0 : PER_HOUR);
  const where = `channel ${index + 1} (${kind})`;
  if (!(threshold >= 0 && threshold <= 100)) {
    throw new NotifyError(`${where}: the threshold is ${threshold}; 0 to 100 can be`);
  }
  if (!Number.isInteger(perHour) || perHour < 0) {
    throw new NotifyError(`${where}: ${perHour} messages an hour: give a whole number, 0 for no limit`);
  }
  const subject = settings.subject ?? SUBJECT;
  const body = settings.body ?? (kind === 'syslog' ? LINE : BODY);
  return {
    threshold,
    limit: new RateLimit(perHour),
    subject: parseTemplate(subject, `${where}: subject`),
    body: parseTemplate(body, `${where}: body`),
    delivery: new Delivery(channelOf(settings, version, now), {
      mostWaiting,
      attempts,
      firstWaitMs,
      timeoutMs,
      told,
    }),
  };
}

function channelOf(settings: ChannelSettings, version: string, now: (() => number) | undefined): Channel {
  switch (settings.kind) {
    case 'file':
      return new FileChannel(settings);
    case 'webhook':
      return new WebhookChannel({ ...settings, version, now });
    case 'mail':
      return new SmtpChannel({ ...settings, now });
    case 'syslog':
      return new SyslogChannel(settings);
    default:
      throw new NotifyError(`'${(settings satisfies never as { kind: string }).kind}' is no kind of channel`);
  }
}

function filled({ subject, body }: Line, message: PlainMessage): Message {
  return { ...message, subject: oneLine(subject(message)), body: body(message) };
}
