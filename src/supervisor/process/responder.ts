/** The responder: takes decisions about addresses, and has them enforced. */

import {
  answerLine,
  type DecisionList,
  type DecisionOutcome,
  isResponseQuestion,
  type Lifted,
  parseQuestion,
  QuestionError,
  type ResponsePlan,
  type ResponseQuestion,
  refusalLine,
} from '../../control/index.ts';
import type { Decision, Wish } from '../../event/index.ts';
import {
  clientsWithin,
  DecisionFileError,
  dnsServers,
  type Enforcer,
  EnforcerError,
  gateways,
  MOST_WISHES,
  neverBanList,
  ownAddresses,
  Responder,
  sshPeers,
} from '../../respond/index.ts';
import { ProxyEnforcer } from '../../respond/proxy-enforcer.ts';
import { DECISIONS, REPLAYS, RESPONDER, WISHES } from '../messages.ts';
import { StartError } from '../privileges.ts';
import { stateFolder } from '../state-folder.ts';
import { CrowdSecLink } from './crowdsec-link.ts';
import { asksForAll, decisionLines } from './decision-lines.ts';
import { kernelEnforcers } from './enforcers.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';
import { Outbox } from './outbox.ts';
import { type ReplayWish, replayLine } from './replays.ts';
import { fromCorrelator } from './wish-lines.ts';

async function begin({ configuration, run, bus, fail }: Beginning): Promise<Work> {
  const { respond } = configuration;
  const mode = respond.mode === 'enforce' ? 'enforce' : 'observe';
  const outbox = new Outbox(bus, false, (error) => fail(reasonOf(error)));
  const report = (line: string): void => void process.stderr.write(`weir responder: ${line}\n`);
  const record = (one: object): void => outbox.write(JSON.stringify(one));
  const replay = (wish: ReplayWish): void => {
    bus.publish(REPLAYS, [replayLine(wish)]).catch((error) => report(reasonOf(error)));
  };
  const crowdsec = CrowdSecLink.open(respond.crowdsec, { record, replay, report });
  const proxy = new ProxyEnforcer(async (change) => {
    // One after the other: a long list finds room as it is taken.
    for (const line of decisionLines(change)) await bus.publish(DECISIONS, [line], { wait: true });
  });
  let clients = Number.POSITIVE_INFINITY;
  let spared = neverBanList(respond.neverBan);
  const enforcers = [
    // Addresses of old captures are not those of today.
    ...(run.captures.length > 0 ? [] : kernelEnforcers(respond)),
    ...(respond.proxy.enabled && configuration.web.enabled ? [proxy] : []),
    ...(crowdsec?.client.enforcer === undefined ? [] : [crowdsec.client.enforcer]),
  ];
  if (mode === 'observe') await Promise.all(enforcers.map((one) => takeAway(one, report)));
  const responder = await started(() =>
    Responder.start({
      mode,
      folder: stateFolder(configuration, 'respond'),
      enforcers,
      guards: {
        sources: [
          // Read at each look: a reload changes it.
          { name: spared.name, everyMs: 0, read: () => spared.read() },
          ownAddresses(),
          gateways(),
          dnsServers(),
          sshPeers(),
        ],
        // What a user or CrowdSec decided is no work of traffic that somebody forged.
        uncountedOrigins: ['user', 'list', 'crowdsec'],
        ceilings: {
          perMinute: respond.limits.perMinute,
          share: respond.limits.share / 100,
          activeClients: () => clients,
          activeClientsIn: clientsWithin(configuration.lan.networks, () => clients),
        },
      },
      escalation: { ceilingMs: respond.longestBanMs },
      record,
      tell: report,
    }),
  );
  crowdsec?.start(responder);
  await bus.subscribe(
    WISHES,
    async (batch) => {
      const wishes: Wish[] = [];
      for (const line of batch) {
        if (asksForAll(line)) {
          await proxy.tellAll();
          continue;
        }
        const said = fromCorrelator(line);
        if (said === undefined) continue;
        if ('clients' in said) ({ clients } = said);
        else wishes.push(said.wish);
      }
      for (let at = 0; at < wishes.length; at += MOST_WISHES) {
        await responder.wishAll(wishes.slice(at, at + MOST_WISHES));
      }
    },
    { name: RESPONDER, durable: true },
  );
  return {
    reload: async (next) => {
      spared = neverBanList(next.respond.neverBan);
      return [];
    },
    answer: async (question) =>
      question === 'status'
        ? { ...responder.statistics(), crowdsec: crowdsec?.client.statistics() }
        : answerTo(responder, mode, question),
    drain: async () => {
      await crowdsec?.stop();
      await responder.close({ keep: respond.keep });
      await outbox.flush();
      await bus.close();
    },
  };
}

/** Who only watches enforces nothing, and that is what an earlier run that crashed left, too. */
async function takeAway(enforcer: Enforcer, report: (line: string) => void): Promise<void> {
  try {
    await enforcer.close(false);
  } catch (error) {
    report(`what ${enforcer.name} enforced before cannot be taken away: ${reasonOf(error)}`);
  }
}

async function started(start: () => Promise<Responder>): Promise<Responder> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof DecisionFileError || error instanceof EnforcerError || error instanceof RangeError) {
      throw new StartError(error.message);
    }
    throw error;
  }
}

/** The line of the answer to the line of a question; never rejects. */
async function answerTo(responder: Responder, mode: 'observe' | 'enforce', line: string): Promise<string> {
  try {
    const question = parseQuestion(line);
    if (!isResponseQuestion(question)) throw new QuestionError('this weir has only decisions to tell of');
    return answerLine(await responseTo(responder, mode, question));
  } catch (error) {
    return refusalLine(error instanceof QuestionError ? 'question' : 'failed', reasonOf(error));
  }
}

async function responseTo(
  responder: Responder,
  mode: 'observe' | 'enforce',
  question: ResponseQuestion,
): Promise<DecisionList | DecisionOutcome | Lifted | ResponsePlan> {
  switch (question.ask) {
    case 'decisions': {
      const { enforcers } = responder.statistics();
      return { mode, ...decisionsOf(responder, question), enforcers };
    }
    case 'ban': {
      const { wish, force } = question;
      const outcome = await responder.wish(
        { ...wish, origin: 'user', scenario: '', simulated: false, evidence: [], askedMs: Date.now() },
        force,
      );
      await responder.settled();
      return outcome;
    }
    case 'unban': {
      const { value, author } = question;
      const selector = /^[a-z0-9]{20}$/.test(value) ? { id: value } : { value };
      const lifted = await responder.lift(selector, author);
      await responder.settled();
      return { lifted };
    }
    case 'undo': {
      const { author } = question;
      const undone = await responder.undoLast(author === '' ? undefined : author);
      await responder.settled();
      return { lifted: undone === undefined ? [] : [...undone.lifted, ...undone.restored] };
    }
    case 'plan':
      return { mode, lines: planLines(responder, question.wish) };
    default:
      return question satisfies never;
  }
}

function decisionsOf(
  responder: Responder,
  { value, limit, filter = {} }: ResponseQuestion & { readonly ask: 'decisions' },
): Pick<DecisionList, 'total' | 'decisions'> {
  const { id, type, origin, after } = filter;
  const about = value === '' ? responder.decisions({ all: true }) : aboutOf(responder, value);
  const found = about
    .filter(
      (one) =>
        (id === undefined || one.id === id) &&
        (type === undefined || one.type === type) &&
        (origin === undefined || one.origin === origin),
    )
    // Nearly in this order already, from its end: what was restored is not.
    .reverse()
    .sort((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? -1 : 1));
  const behind =
    after === undefined
      ? found
      : found.filter(
          ({ createdMs, id: own }) =>
            createdMs < after.createdMs || (createdMs === after.createdMs && own > after.id),
        );
  return { total: found.length, decisions: behind.slice(0, limit) };
}

/** Decisions about exactly this, and those about networks around an address. */
function aboutOf(responder: Responder, value: string): Decision[] {
  const around = value.includes('/') ? [] : responder.covering(value);
  return [...new Set([...around, ...responder.decisions({ value })])];
}

function planLines(
  responder: Responder,
  wish: (ResponseQuestion & { ask: 'plan' })['wish'],
): readonly string[] {
  if (wish !== undefined) {
    return responder.plan([
      { ...wish, origin: 'user', scenario: '', simulated: false, evidence: [], askedMs: Date.now() },
    ]);
  }
  const { enforcers } = responder.statistics();
  return Object.entries(enforcers).map(([name, figures]) => {
    const numbers = Object.entries(figures).map(([what, count]) => `${what} ${count}`);
    return `${name}: ${numbers.join(', ')}`;
  });
}

runProcess('responder', begin);
