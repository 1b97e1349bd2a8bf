/** The proxy: the active stream. Requests are judged on their way, their records go onto the bus. */

import type { Configuration } from '../../config/index.ts';
import { fullRules, Gateway, GatewayError, type GatewayOptions } from '../../mitm/gateway/index.ts';
import { DECISIONS, PROXY, REPLAYS, WISHES } from '../messages.ts';
import { becomeUser, StartError } from '../privileges.ts';
import { ASK_FOR_ALL, decisionChange } from './decision-lines.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';
import { Outbox } from './outbox.ts';
import { Replays } from './replays.ts';
import { WebDesk } from './web-desk.ts';

async function begin({ configuration, run, bus, fail }: Beginning): Promise<Work> {
  const outbox = new Outbox(bus, false, (error) => fail(reasonOf(error)));
  const { status } = configuration;
  const report = (line: string): void => void process.stderr.write(`weir proxy: ${line}\n`);
  let options = optionsOf(configuration);
  const gateway = await open(options, {
    records: outbox,
    report,
    // Ports and the keys of certificates are open: nothing after this needs root.
    opened: () => becomeUser(run.user),
    statusFolder: status.enabled ? status.folder : undefined,
  });
  const desk = new WebDesk(gateway.stored, () => options);
  const replays = new Replays({
    buffer: gateway.stored,
    rules: () => fullRules(options),
    record: (record) => outbox.write(JSON.stringify(record)),
    report,
  });
  if (configuration.respond.mode !== 'off') {
    await bus.subscribe(REPLAYS, async (batch) => replays.take(batch), { name: PROXY });
  }
  if (configuration.respond.mode !== 'off' && configuration.respond.proxy.enabled) {
    await bus.subscribe(DECISIONS, (batch) => takeDecisions(gateway, batch), { name: PROXY });
    await bus.publish(WISHES, [ASK_FOR_ALL], { wait: true });
  }
  return {
    reload: async (next) => {
      try {
        await gateway.renew(optionsOf(next));
        options = optionsOf(next);
        return [];
      } catch (error) {
        if (error instanceof GatewayError) return [error.message];
        throw error;
      }
    },
    answer: async (question) =>
      question === 'status'
        ? {
            ways: gateway.ways,
            rules: gateway.rules,
            ...gateway.statistics(),
            bufferCapacity: options.buffer.requests,
            replays: replays.statistics(),
          }
        : desk.answer(question),
    drain: async () => {
      // A replay that is under way ends with the buffer that it reads.
      await Promise.all([replays.close(), gateway.close()]);
      await outbox.flush();
      await bus.close();
    },
  };
}

async function takeDecisions(gateway: Gateway, batch: readonly string[]): Promise<void> {
  for (const line of batch) {
    const change = decisionChange(line);
    if (change !== undefined) gateway.decide(change);
  }
}

function optionsOf({ web, respond }: Configuration): GatewayOptions {
  const { ban, location, captcha, passMs } = respond.proxy;
  return { ...web, decisions: { ban, location, captcha: captcha === 'picture' ? { passMs } : undefined } };
}

async function open(web: GatewayOptions, context: Parameters<typeof Gateway.start>[1]): Promise<Gateway> {
  try {
    return await Gateway.start(web, context);
  } catch (error) {
    if (error instanceof GatewayError) throw new StartError(error.message);
    throw error;
  }
}

runProcess('proxy', begin);
