import type { Finding } from '../../analysis.ts';
import { DistinctCounter } from '../distinct-counter.ts';
import type { Reading } from '../reading.ts';
import { RecentTable } from '../recent-table.ts';
import { SlidingCounter } from '../sliding-counter.ts';
import { hashOf } from '../value-shape.ts';
import { growing, type SequenceLimits, sequence } from './limits.ts';

const PASSWORD = /pass(?:w(?:or)?d|wort|phrase)?$|^pwd$|^pin$|^kennwort$/i;
const NAME = /user|e?-?mail|login|^name$|account|^log$|benutzer/i;
/** Distributed guessing: so many times more failures than one client needs, from so many clients. */
const SPREAD_FACTOR = 2;
const SPREAD_CLIENTS = 4;

class ClientLogins {
  readonly attempts: SlidingCounter;
  readonly failures: SlidingCounter;
  readonly names: DistinctCounter;

  constructor({ windowMs, stuffedNames }: SequenceLimits) {
    this.attempts = new SlidingCounter(windowMs);
    this.failures = new SlidingCounter(windowMs);
    this.names = new DistinctCounter(windowMs, 4 * stuffedNames);
  }
}

class NameLogins {
  readonly failures: SlidingCounter;
  readonly clients: DistinctCounter;

  constructor({ windowMs }: SequenceLimits) {
    this.failures = new SlidingCounter(windowMs);
    this.clients = new DistinctCounter(windowMs, 32);
  }
}

/**
 * Guessing of passwords: a client that fails often (brute force), a client that tries many names and fails with most
 * (credential stuffing), a name under which many clients fail. A login is a request that sends a password, and a name
 * with it. An office behind one address has many names too, but they come in.
 */
export class Logins {
  private readonly limits: SequenceLimits;
  private readonly clients: RecentTable<ClientLogins>;
  private readonly names: RecentTable<NameLogins>;

  constructor(limits: SequenceLimits) {
    this.limits = limits;
    this.clients = new RecentTable(limits.clients);
    this.names = new RecentTable(limits.names);
  }

  judge(reading: Reading): Finding | undefined {
    const name = loginName(reading);
    if (name === undefined || (reading.status === 0 && !reading.blocked)) return undefined;
    const { limits } = this;
    const { client, timeMs } = reading;
    const failed = hasFailed(reading);
    const known = this.clients.take(client, () => new ClientLogins(limits));
    const attempts = known.attempts.add(timeMs);
    if (!failed) return undefined;
    const failures = known.failures.add(timeMs);
    const names = known.names.add(name, timeMs);
    const minutes = Math.round(limits.windowMs / 60_000);
    if (names >= limits.stuffedNames && failures >= 0.7 * attempts) {
      return sequence(
        'credential_stuffing',
        growing(names, limits.stuffedNames, 50, 85),
        `logins under ${names} names from one client within ${minutes} minutes, ${failures} of ${attempts} failed`,
      );
    }
    if (failures >= limits.failures && failures >= 0.7 * attempts) {
      return sequence(
        'brute_force',
        growing(failures, limits.failures, 45, 80),
        `${failures} of ${attempts} logins of the client failed within ${minutes} minutes`,
      );
    }
    const spread = this.names.take(String(name), () => new NameLogins(limits));
    const all = spread.failures.add(timeMs);
    const clients = spread.clients.add(hashOf(client, 0), timeMs);
    if (all < SPREAD_FACTOR * limits.failures || clients < SPREAD_CLIENTS) return undefined;
    return sequence(
      'brute_force',
      growing(all, SPREAD_FACTOR * limits.failures, 45, 80),
      `${all} failed logins under one name from ${clients} clients within ${minutes} minutes`,
    );
  }

  get size(): number {
    return this.clients.size + this.names.size;
  }
}

/** Hash of the name of a login; undefined where the request is none. */
function loginName({ parameters, method }: Reading): number | undefined {
  if (method !== 'POST' && method !== 'PUT') return undefined;
  let password = false;
  let name: number | undefined;
  for (const parameter of parameters) {
    const plain = parameter.name.slice(parameter.name.lastIndexOf(' ') + 1);
    const last = plain.slice(plain.lastIndexOf('.') + 1);
    if (PASSWORD.test(last)) password = true;
    else if (name === undefined && NAME.test(last)) name = parameter.shape.hash;
  }
  return password ? name : undefined;
}

/**
 * Errors, the page of the login once more, or a way back to it. Applications that answer in another way are not
 * understood, and give no finding.
 */
function hasFailed({ status, blocked, setsCookie, answerType, location, path }: Reading): boolean {
  if (blocked || status >= 400) return true;
  if (status >= 300) return location === path || /[/.](?:log-?in|sign-?in|anmelden)\b/i.test(location);
  return !setsCookie && answerType === 'text/html';
}
