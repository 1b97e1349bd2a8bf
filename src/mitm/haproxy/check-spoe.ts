import { type Finding, finding } from './check-finding.ts';
import type { ConfigLine } from './config-file.ts';
import { REQUEST_MESSAGE, RESPONSE_MESSAGE } from './message.ts';
import {
  ENGINE,
  type MessageArgument,
  REQUEST_ARGUMENTS,
  RESPONSE_ARGUMENTS,
  RESPONSE_BODY_ARGUMENTS,
} from './spoe-config.ts';

/** What the check of haproxy.cfg needs to know of the other file. */
export interface SpoeFacts {
  readonly findings: readonly Finding[];
  /** Prefix of the variables. */
  readonly prefix: string;
  /** Name of the variable for errors; empty where none is set. */
  readonly errorVariable: string;
  readonly backend: string;
  /** The answers are told of. */
  readonly hasResponses: boolean;
}

/** Time that HAProxy should wait at least, in milliseconds: the agent's own deadline and a little more. */
const LEAST_PROCESSING_MS = 160;

/** A part of the file: `spoe-agent NAME` or `spoe-message NAME`, with the lines below it. */
interface Part {
  readonly head: ConfigLine;
  readonly lines: readonly ConfigLine[];
}

/** Looks through the file that the filter line `from` names; `engine` is the scope, empty where it has none. */
export function checkSpoe(
  lines: readonly ConfigLine[],
  engine: string,
  file: string,
  from: ConfigLine,
): SpoeFacts {
  const findings: Finding[] = [];
  const parts = partsOf(lines, engine);
  const agent = parts.find(({ head }) => head.words[0] === 'spoe-agent');
  if (agent === undefined) {
    const scope = engine === '' ? '' : ` below the scope [${engine}]`;
    findings.push(
      finding(
        'error',
        from,
        `${file} has no spoe-agent${scope}`,
        "the file that 'weir haproxy config' prints",
      ),
    );
    return {
      findings,
      prefix: ENGINE,
      errorVariable: '',
      backend: '',
      hasResponses: false,
    };
  }
  const value = (...words: string[]): string | undefined => find(agent, ...words)?.words[words.length];
  const message = (name: string): Part | undefined =>
    parts.find(({ head }) => head.words[0] === 'spoe-message' && head.words[1] === name);
  const request = message(REQUEST_MESSAGE);
  if (request === undefined) {
    findings.push(finding('error', agent.head, `there is no spoe-message ${REQUEST_MESSAGE}`, 'the message'));
  } else {
    findings.push(...missing(request, REQUEST_ARGUMENTS));
    if (!sends(agent, REQUEST_MESSAGE)) {
      findings.push(
        finding('error', agent.head, `${REQUEST_MESSAGE} is never sent`, `messages ${REQUEST_MESSAGE}`),
      );
    }
    const event = find(request, 'event');
    if (event?.words[1] !== 'on-frontend-http-request') {
      findings.push(
        finding(
          'warning',
          event ?? request.head,
          'the message is not sent when a request reaches the frontend',
          'event on-frontend-http-request',
        ),
      );
    }
  }
  const response = message(RESPONSE_MESSAGE);
  const answerFollows = request !== undefined && argumentsOf(request).has('answer');
  if (response !== undefined) {
    findings.push(...missing(response, RESPONSE_ARGUMENTS));
    if (find(response, 'event') === undefined) findings.push(...missing(response, RESPONSE_BODY_ARGUMENTS));
    if (!answerFollows && request !== undefined) {
      findings.push(
        finding(
          'error',
          request.head,
          'the agent is not told that an answer follows, and waits for none',
          'args answer=bool(true)',
        ),
      );
    }
  } else if (answerFollows && request !== undefined) {
    findings.push(
      finding(
        'warning',
        request.head,
        'the agent is told that an answer follows, but none is sent',
        `a spoe-message ${RESPONSE_MESSAGE}, or no answer=bool(true)`,
      ),
    );
  }
  const errorVariable = value('option', 'set-on-error') ?? '';
  if (errorVariable === '') {
    findings.push(
      finding('warning', agent.head, 'HAProxy does not tell its rules of errors', 'option set-on-error err'),
    );
  }
  const processing = find(agent, 'timeout', 'processing');
  const ms = milliseconds(processing?.words[2]);
  if (processing === undefined || ms < LEAST_PROCESSING_MS) {
    findings.push(
      finding(
        'warning',
        processing ?? agent.head,
        `HAProxy waits ${processing === undefined ? 'for ever' : `${ms} ms`}, the agent needs up to 150 ms`,
        'timeout processing 200ms',
      ),
    );
  }
  const frames = find(agent, 'max-frame-size');
  if (frames !== undefined) {
    // HAProxy 3.1 can no longer send a message in several frames.
    findings.push(
      finding(
        'warning',
        frames,
        `from HAProxy 3.1 on requests that do not fit into a frame of ${frames.words[1]} bytes are not judged: leave the line out, then a frame takes all that is inspected`,
        '',
      ),
    );
  }
  return {
    findings,
    prefix: value('option', 'var-prefix') ?? agent.head.words[1] ?? ENGINE,
    errorVariable,
    backend: value('use-backend') ?? '',
    hasResponses: response !== undefined,
  };
}

function partsOf(lines: readonly ConfigLine[], engine: string): readonly Part[] {
  const parts: Part[] = [];
  let isOurs = engine === '';
  let inside: ConfigLine[] = [];
  for (const line of lines) {
    const first = line.words[0] ?? '';
    if (first.startsWith('[') && first.endsWith(']')) isOurs = first === `[${engine}]`;
    else if (!isOurs) continue;
    else if (first === 'spoe-agent' || first === 'spoe-message' || first === 'spoe-group') {
      inside = [];
      parts.push({ head: line, lines: inside });
    } else inside.push(line);
  }
  return parts;
}

function find(part: Part, ...words: readonly string[]): ConfigLine | undefined {
  return part.lines.findLast((line) => words.every((word, i) => line.words[i] === word));
}

function sends(agent: Part, name: string): boolean {
  return agent.lines.some(({ words }) => words[0] === 'messages' && words.includes(name, 1));
}

function argumentsOf(part: Part): ReadonlySet<string> {
  const names = part.lines
    .filter(({ words }) => words[0] === 'args')
    .flatMap(({ words }) => words.slice(1).map((word) => word.slice(0, Math.max(0, word.indexOf('=')))));
  return new Set(names);
}

function missing(part: Part, wanted: readonly MessageArgument[]): Finding[] {
  const there = argumentsOf(part);
  const isPathGiven = there.has('path');
  return wanted
    .filter(({ name }) => !there.has(name) && !(name === 'url' && isPathGiven))
    .map(({ name, fetch, required, without }) =>
      finding(
        required ? 'error' : 'note',
        part.head,
        `${part.head.words[1]} has no argument '${name}': ${without}`,
        `args ${name}=${fetch}`,
      ),
    );
}

/** A time of HAProxy in milliseconds; those without unit are. */
function milliseconds(text: string | undefined): number {
  const match = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text ?? '');
  if (match === null) return 0;
  const units: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(match[1]) * (units[match[2] ?? 'ms'] ?? 1);
}
