import { addressOf } from '../../event/index.ts';

/** A login that failed, as a line of a server's log tells it. */
export interface SshLogFailure {
  /** Microseconds since 1970. */
  readonly timeUs: number;
  readonly address: string;
  readonly port: number;
  /** The name that was tried; empty where the line has none. */
  readonly user: string;
  /** How often: syslog counts what it would repeat. */
  readonly times: number;
  /** The line tells the end of a connection whose attempts may have had lines of their own. */
  readonly ending: boolean;
}

/** Lines are looked at so far; syslog's own limit is 8 kB, those of SSH servers are far shorter. */
const LONGEST_LINE = 1024;
/** More repetitions than this are counted as so many. */
const MOST_TIMES = 16;

/** `2026-11-21T13:47:33.123456+00:00 host sshd[123]: …`, as rsyslog writes today. */
const ISO =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) \S{1,255} (sshd|sshd-session|dropbear)(?:\[\d{1,10}\])?: (.*)$/;
/** `Nov 21 13:47:33 host sshd[123]: …`: without year and zone (RFC 3164, section 4.1.2). */
const BSD =
  /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) \S{1,255} (sshd|sshd-session|dropbear)(?:\[\d{1,10}\])?: (.*)$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_MS = 86_400_000;

// A name that is tried may itself look like the end of a line: what counts is the last address, at the line's end.
const REPEATED = /^message repeated (\d{1,6}) times: \[ (.*)\]$/;
const FAILED =
  /^Failed (?:password|keyboard-interactive\S{0,16}) for (?:invalid user )?(.{0,256}) from (\S{2,64}) port (\d{1,5})(?: ssh\d?)?$/;
const ENDED =
  /^(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user (.{0,256}) (\S{2,64}) port (\d{1,5})(?: \[preauth\])?$/;
const BAD_PASSWORD = /^Bad (?:PAM )?password attempt for '(.{0,256})' from (\S{2,64}):(\d{1,5})$/;
// Without a name it may have been a health check, which connects and goes; names that nobody has come without one, too.
const EXITED =
  /^Exit before auth from <(\S{2,64}):(\d{1,5})>: \(user '(.{0,256})', \d{1,3} fails\): .{0,256}$/;

/**
 * Reads a line of sshd or dropbear; undefined where it tells no failed login. Keys that are refused have no lines of
 * their own here: clients offer several. `nowMs` (milliseconds since 1970) gives lines without a year theirs: they are
 * of the past, in local time.
 */
export function readSshLog(text: string, nowMs: number): SshLogFailure | undefined {
  const line = text.slice(0, LONGEST_LINE);
  const iso = ISO.exec(line);
  if (iso !== null) return failure(Date.parse(iso[1] as string), iso[3] as string);
  const bsd = BSD.exec(line);
  return bsd === null ? undefined : failure(bsdTime(bsd, nowMs), bsd[7] as string);
}

function bsdTime([, month = '', ...rest]: RegExpExecArray, nowMs: number): number {
  const index = MONTHS.indexOf(month);
  if (index < 0) return Number.NaN;
  const [day, hour, minute, second] = rest.map(Number) as [number, number, number, number];
  const year = new Date(nowMs).getFullYear();
  const time = new Date(year, index, day, hour, minute, second).getTime();
  // In January, a line of December is of last year.
  return time > nowMs + DAY_MS ? new Date(year - 1, index, day, hour, minute, second).getTime() : time;
}

function failure(timeMs: number, whole: string): SshLogFailure | undefined {
  if (Number.isNaN(timeMs)) return undefined;
  const repeated = REPEATED.exec(whole);
  const message = repeated === null ? whole : (repeated[2] as string);
  const times = repeated === null ? 1 : Math.min(MOST_TIMES, Number(repeated[1]));
  const found =
    parts(FAILED.exec(message), false) ??
    parts(ENDED.exec(message), true) ??
    parts(BAD_PASSWORD.exec(message), false) ??
    exited(EXITED.exec(message));
  const address = addressOf(found?.address.replace(/^\[|\]$/g, ''));
  if (found === undefined || address === undefined || times === 0) return undefined;
  return { timeUs: timeMs * 1000, address, port: found.port, user: found.user, times, ending: found.ending };
}

interface Found {
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly ending: boolean;
}

function parts(match: RegExpExecArray | null, ending: boolean): Found | undefined {
  if (match === null) return undefined;
  return { user: match[1] as string, address: match[2] as string, port: Number(match[3]), ending };
}

function exited(match: RegExpExecArray | null): Found | undefined {
  if (match === null) return undefined;
  return { user: match[3] as string, address: match[1] as string, port: Number(match[2]), ending: true };
}
