import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Decision, DecisionScope, DecisionType } from '../event/index.ts';
import { type Enforcer, EnforcerError } from './enforcer.ts';

/** A connection that a probe holds open through the enforcer. */
export interface OpenConnection {
  /** Whether data still gets through it. */
  alive(): Promise<boolean>;
  close(): Promise<void>;
}

/** One enforcer with what it stands on (a namespace, a server), made anew for each case. */
export interface EnforcerTrial {
  readonly enforcer: Enforcer;
  /** Another one on the same tables, files or server, as the next run of the responder makes it. */
  readonly again: () => Promise<Enforcer>;
  /** Values in force for a type, in any order, as the decisions have them; needed where `passes` is not there. */
  readonly inForce?: (type: DecisionType) => Promise<readonly string[]>;
  /** Whether a packet or a request from this address gets through; needed where `inForce` is not there. */
  readonly passes?: (address: string) => Promise<boolean>;
  /** Opens a connection from this address, for `cut`. */
  readonly connect?: (address: string) => Promise<OpenConnection>;
  /** Puts an element in force behind the enforcer's back, in its own tables. */
  readonly intrude?: (value: string) => Promise<void>;
  /** One whose ground is missing (no rights, no server): `reconcile` and `apply` are to throw. */
  readonly broken?: () => Promise<Enforcer>;
  /** Takes down what the trial stands on; called after each case, `close` of all enforcers first. */
  readonly end: () => Promise<void>;
}

/** Addresses that decisions of the cases are about; where `passes` is there, packets must come from them. */
export interface ComplianceSources {
  readonly host4: string;
  readonly other4: string;
  readonly host6: string;
  readonly other6: string;
  readonly range4: string;
  /** An address in `range4`. */
  readonly within4: string;
  readonly range6: string;
  readonly within6: string;
}

const DOCUMENTATION: ComplianceSources = {
  host4: '203.0.113.9',
  other4: '203.0.113.10',
  host6: '2001:db8:9::9',
  other6: '2001:db8:9::10',
  range4: '198.51.100.0/24',
  within4: '198.51.100.77',
  range6: '2001:db8:77::/48',
  within6: '2001:db8:77::1',
};

/** What the suite needs to know of an enforcer. */
export interface ComplianceOptions {
  /** Begins the name of each case. */
  readonly name: string;
  readonly start: () => Promise<EnforcerTrial>;
  /** Why it cannot run on this machine. */
  readonly skip?: string | undefined;
  /** Default: addresses for documentation (RFC 5737, RFC 3849). */
  readonly sources?: ComplianceSources;
  /** Types to try beside `ban`. */
  readonly types?: readonly DecisionType[];
  /** Scopes that it handles. Default: address and range. */
  readonly scopes?: readonly DecisionScope[];
  /** Whether what is in force outlives `close(true)`. Default: true. */
  readonly outlives?: boolean;
  /** Whether the next run can see what one before it left, and counts it as there. Default: true. */
  readonly sees?: boolean;
  /** Whether a decision ends without being removed, when its time is over. Default: true. */
  readonly expires?: boolean;
  /** Decisions in the case with many. Default: 2000. */
  readonly many?: number;
  /** How long a change may take to be seen after `apply` has resolved, in ms. Default: 0, at once. */
  readonly settleMs?: number;
}

let made = 0;

/** A decision for tests: a ban of an hour, with what is given changed. */
export function decisionFor(value: string, changes: Partial<Decision> = {}): Decision {
  const createdMs = Date.now();
  const durationMs = changes.durationMs ?? 3_600_000;
  return {
    id: `test${(made++).toString(36).padStart(16, '0')}`,
    type: 'ban',
    scope: value.includes('/') ? 'range' : 'address',
    value,
    origin: 'scenario',
    reason: 'port scan',
    scenario: 'weir/port-scan',
    durationMs,
    simulated: false,
    evidence: [],
    askedMs: createdMs,
    author: '',
    createdMs,
    untilMs: createdMs + durationMs,
    ...changes,
  };
}

const add = (...decisions: readonly Decision[]) => ({ add: decisions, remove: [] });
const remove = (...decisions: readonly Decision[]) => ({ add: [], remove: decisions });

/** What a case works with. */
interface Case {
  readonly trial: EnforcerTrial;
  readonly enforcer: Enforcer;
  /** Another run of the enforcer; closed at the end. */
  again(): Promise<Enforcer>;
  /** Asserts that exactly these values are in force for the type, as far as the probes can tell. */
  inForce(values: readonly string[], type?: DecisionType): Promise<void>;
}

/**
 * Registers the cases that every enforcer must pass. What they ask:
 *
 * - When `apply` or `reconcile` has resolved, the decisions are in force (or within `settleMs`).
 * - An addition of a type, scope and value that is in force replaces it; its time counts from then on.
 * - Removal goes by type, scope and value, whatever the id; removing what is not there is no error.
 * - In one `apply`, removals come before additions.
 * - A decision whose time is over is not put in force.
 */
export function testEnforcer(options: ComplianceOptions): void {
  const sources = options.sources ?? DOCUMENTATION;
  const scopes = options.scopes ?? ['address', 'range'];
  const outlives = options.outlives ?? true;
  const settleMs = options.settleMs ?? 0;
  const ranges = scopes.includes('range');

  const hosts = [sources.host4, sources.other4, sources.host6, sources.other6];
  const probed = ranges ? [...hosts, sources.within4, sources.within6] : hosts;

  function define(title: string, run: (c: Case, t: TestContext) => Promise<void>): void {
    test(`${options.name}: ${title}`, { skip: options.skip ?? false }, async (t) => {
      const trial = await options.start();
      const enforcers: Enforcer[] = [trial.enforcer];
      try {
        assert.ok(trial.inForce ?? trial.passes, 'a trial needs inForce or passes, or nothing could fail');
        const c: Case = {
          trial,
          enforcer: trial.enforcer,
          again: async () => {
            const next = await trial.again();
            enforcers.push(next);
            return next;
          },
          inForce: (values, type = 'ban') => soon(() => expectInForce(trial, values, type), settleMs),
        };
        await run(c, t);
      } finally {
        for (const enforcer of enforcers) await enforcer.close(false).catch(() => undefined);
        await trial.end();
      }
    });
  }

  async function expectInForce(trial: EnforcerTrial, values: readonly string[], type: DecisionType) {
    if (trial.inForce !== undefined) {
      assert.deepEqual([...(await trial.inForce(type))].sort(), [...values].sort(), `in force for ${type}`);
    }
    if (trial.passes === undefined || type !== 'ban') return;
    for (const address of probed) {
      const barred =
        values.includes(address) ||
        (address === sources.within4 && values.includes(sources.range4)) ||
        (address === sources.within6 && values.includes(sources.range6));
      assert.equal(await trial.passes(address), !barred, `whether ${address} gets through`);
    }
  }

  for (const [family, host, other] of [
    ['IPv4', sources.host4, sources.other4],
    ['IPv6', sources.host6, sources.other6],
  ] as const) {
    define(
      `a ban of an ${family} host takes effect, for it alone, and ends when it is removed`,
      async (c) => {
        await c.enforcer.reconcile([]);
        await c.inForce([]);
        const decision = decisionFor(host);
        assert.ok(c.enforcer.handles(decision));
        await c.enforcer.apply(add(decision));
        await c.inForce([host]);
        const second = decisionFor(other);
        await c.enforcer.apply(add(second));
        await c.inForce([host, other]);
        await c.enforcer.apply(remove(decision));
        await c.inForce([other]);
        await c.enforcer.apply(remove(second));
        await c.inForce([]);
      },
    );
  }

  if (ranges) {
    define('bans of ranges', async (c) => {
      await c.enforcer.reconcile([]);
      const four = decisionFor(sources.range4);
      const six = decisionFor(sources.range6);
      assert.ok(c.enforcer.handles(four) && c.enforcer.handles(six));
      await c.enforcer.apply(add(four, six));
      await c.inForce([sources.range4, sources.range6]);
      await c.enforcer.apply(remove(four));
      await c.inForce([sources.range6]);
      await c.enforcer.apply(remove(six));
      await c.inForce([]);
    });

    define('a host within a range that is banned, each with its own end', async (c) => {
      await c.enforcer.reconcile([]);
      const range = decisionFor(sources.range4);
      const host = decisionFor(sources.within4);
      await c.enforcer.apply(add(range));
      await c.enforcer.apply(add(host));
      await c.inForce([sources.range4, sources.within4]);
      await c.enforcer.apply(remove(range));
      await c.inForce([sources.within4]);
      await c.enforcer.apply(remove(host));
      await c.inForce([]);
    });
  }

  define('adding again changes nothing; removing goes by value; removing twice is no error', async (c) => {
    await c.enforcer.reconcile([]);
    const decision = decisionFor(sources.host4);
    await c.enforcer.apply(add(decision));
    await c.enforcer.apply(add(decision));
    await c.enforcer.apply(add(decision, decisionFor(sources.host4)));
    await c.inForce([sources.host4]);
    await c.enforcer.apply(remove(decisionFor(sources.host4)));
    await c.inForce([]);
    await c.enforcer.apply(remove(decision));
    await c.enforcer.apply(remove(decision, decisionFor(sources.other6)));
    await c.inForce([]);
  });

  define('removals come before additions', async (c) => {
    await c.enforcer.reconcile([]);
    const old = decisionFor(sources.host4);
    await c.enforcer.apply(add(old));
    await c.enforcer.apply({ add: [decisionFor(sources.host4), decisionFor(sources.other4)], remove: [old] });
    await c.inForce([sources.host4, sources.other4]);
  });

  define('a decision whose time is over is not put in force', async (c) => {
    const over = { untilMs: Date.now() - 1, createdMs: Date.now() - 1000, durationMs: 999 };
    await c.enforcer.reconcile([decisionFor(sources.host4, over), decisionFor(sources.other4)]);
    await c.inForce([sources.other4]);
    await c.enforcer.apply(add(decisionFor(sources.host6, over)));
    await c.inForce([sources.other4]);
  });

  if (options.expires ?? true) {
    define('a decision ends with its time; a later one for the same address prolongs it', async (c) => {
      await c.enforcer.reconcile([]);
      await c.enforcer.apply(
        add(
          decisionFor(sources.host4, { durationMs: 1500 }),
          decisionFor(sources.other4, { durationMs: 1500 }),
          ...(ranges ? [decisionFor(sources.range4, { durationMs: 1500 })] : []),
        ),
      );
      await c.inForce([sources.host4, sources.other4, ...(ranges ? [sources.range4] : [])]);
      await c.enforcer.apply(add(decisionFor(sources.other4, { durationMs: 600_000 })));
      await soon(() => c.inForce([sources.other4]), 8000);
    });
  }

  define('reconcile puts in force what is missing and takes away what is not ours to keep', async (c) => {
    const kept = decisionFor(sources.host4);
    const gone = decisionFor(sources.other4);
    assert.deepEqual(await c.enforcer.reconcile([kept, gone]), { added: 2, removed: 0 });
    await c.inForce([sources.host4, sources.other4]);
    const fresh = decisionFor(sources.host6);
    assert.deepEqual(await c.enforcer.reconcile([kept, fresh]), { added: 1, removed: 1 });
    await c.inForce([sources.host4, sources.host6]);
    assert.deepEqual(await c.enforcer.reconcile([kept, fresh]), { added: 0, removed: 0 });
    await c.inForce([sources.host4, sources.host6]);
    assert.deepEqual(await c.enforcer.reconcile([]), { added: 0, removed: 2 });
    await c.inForce([]);
  });

  define('reconcile removes what somebody else put there', async (c, t) => {
    if (c.trial.intrude === undefined) return t.skip('nobody else can put anything there');
    const decision = decisionFor(sources.host4);
    await c.enforcer.reconcile([decision]);
    await c.trial.intrude(sources.other4);
    const { removed } = await c.enforcer.reconcile([decision]);
    assert.equal(removed, 1);
    await c.inForce([sources.host4]);
  });

  define('plan says what would be done and changes nothing', async (c) => {
    const decision = decisionFor(sources.host4);
    await c.enforcer.reconcile([decision]);
    const lines = c.enforcer.plan({ add: [decisionFor(sources.other4)], remove: [decision] });
    assert.ok(lines.length > 0 && lines.every((line) => line.length > 0 && !line.includes('\n')), `${lines}`);
    for (const value of [sources.host4, sources.other4]) {
      assert.ok(
        lines.some((line) => line.includes(value)),
        `${value} in ${lines.join(' | ')}`,
      );
    }
    assert.deepEqual(c.enforcer.plan({ add: [], remove: [] }), []);
    await c.inForce([sources.host4]);
  });

  define('many decisions in one go', async (c) => {
    await c.enforcer.reconcile([]);
    const count = options.many ?? 2000;
    const values = Array.from({ length: count }, (_, i) =>
      i % 4 === 3 ? `2001:db8:4::${(i + 1).toString(16)}` : `100.64.${i >> 8}.${i & 255}`,
    );
    const many = values.map((value) => decisionFor(value));
    await c.enforcer.apply(add(...many, decisionFor(sources.host4)));
    if (c.trial.inForce === undefined) await c.inForce([sources.host4]);
    else await c.inForce([...values, sources.host4]);
    await c.enforcer.apply(remove(...many));
    await c.inForce([sources.host4]);
  });

  for (const type of options.types ?? []) {
    define(`${type}: added, beside a ban of another address, and removed`, async (c) => {
      await c.enforcer.reconcile([]);
      const decision = decisionFor(sources.host4, { type });
      assert.ok(c.enforcer.handles(decision));
      const ban = decisionFor(sources.other4);
      await c.enforcer.apply(add(decision, ban));
      await c.inForce([sources.host4], type);
      if (c.trial.inForce !== undefined) await c.inForce([sources.other4]);
      await c.enforcer.apply(remove(decision));
      await c.inForce([], type);
      await c.inForce([sources.other4]);
    });
  }

  define('a type or scope that it does not handle is said so', async (c) => {
    for (const scope of ['address', 'range', 'session'] as const) {
      const value = { address: sources.host4, range: sources.range4, session: 'cookie:0123' }[scope];
      assert.equal(c.enforcer.handles(decisionFor(value, { scope })), scopes.includes(scope), scope);
    }
  });

  define('cut ends connections that are open', async (c, t) => {
    await c.enforcer.reconcile([]);
    const decision = decisionFor(sources.host4);
    if (c.trial.connect === undefined) {
      const count = await c.enforcer.cut(decision);
      assert.ok(Number.isInteger(count) && count >= 0);
      return t.diagnostic('no connection to cut: only the count was looked at');
    }
    const cut = await c.trial.connect(sources.host4);
    const other = await c.trial.connect(sources.other4);
    try {
      assert.ok((await cut.alive()) && (await other.alive()));
      await c.enforcer.apply(add(decision));
      await c.enforcer.cut(decision);
      assert.equal(await cut.alive(), false, 'the connection of the banned address');
      assert.equal(await other.alive(), true, 'the connection of another address');
    } finally {
      await cut.close();
      await other.close();
    }
  });

  define('close(true) leaves decisions in force, and the next run takes them over', async (c) => {
    const [one, two] = [decisionFor(sources.host4), decisionFor(sources.other4)];
    await c.enforcer.reconcile([one, two]);
    await c.enforcer.close(true);
    await c.inForce(outlives ? [sources.host4, sources.other4] : []);
    const next = await c.again();
    const three = decisionFor(sources.host6);
    const counts = await next.reconcile([two, three]);
    assert.deepEqual(
      counts,
      outlives && (options.sees ?? true) ? { added: 1, removed: 1 } : { added: 2, removed: 0 },
    );
    await c.inForce([sources.other4, sources.host6]);
    await next.apply(remove(two));
    await c.inForce([sources.host6]);
  });

  define('a run that was cut off is taken over', async (c) => {
    const one = decisionFor(sources.host4);
    await c.enforcer.reconcile([one]);
    const next = await c.again();
    await next.reconcile([one]);
    await c.inForce([sources.host4]);
    await next.reconcile([]);
    await c.inForce([]);
  });

  define('close(false) leaves nothing, and may be called twice or before anything else', async (c) => {
    const ranged = ranges ? [decisionFor(sources.range4)] : [];
    await c.enforcer.reconcile([decisionFor(sources.host4), decisionFor(sources.host6), ...ranged]);
    await c.enforcer.close(false);
    await c.inForce([]);
    await c.enforcer.close(false);
    const next = await c.again();
    await next.close(false);
    await c.inForce([]);
  });

  define('what it cannot do is an EnforcerError', async (c, t) => {
    if (c.trial.broken === undefined) return t.skip('nothing it stands on can be missing');
    const broken = await c.trial.broken();
    const isClear = (error: unknown) => error instanceof EnforcerError && error.message.length > 10;
    await assert.rejects(broken.reconcile([decisionFor(sources.host4)]), isClear);
    await assert.rejects(broken.apply(add(decisionFor(sources.host4))), isClear);
    await broken.close(false);
  });

  define('statistics are numbers', async (c) => {
    await c.enforcer.reconcile([decisionFor(sources.host4)]);
    const numbers = Object.entries(c.enforcer.statistics());
    assert.ok(numbers.length > 0);
    for (const [name, value] of numbers) assert.ok(Number.isFinite(value), `${name}: ${value}`);
  });
}

/** Runs an assertion again until it holds, at most so long; 0: once. */
async function soon(assertion: () => Promise<void>, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() >= end) throw error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}
