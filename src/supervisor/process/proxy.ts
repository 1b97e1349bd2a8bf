/** The proxy: the active stream. Requests are judged on their way, their records go onto the bus. */

import type { Configuration } from '../../config/index.ts';
import { Gateway, GatewayError } from '../../mitm/gateway/index.ts';
import { becomeUser, StartError } from '../privileges.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';
import { Outbox } from './outbox.ts';
import { WebDesk } from './web-desk.ts';

async function begin({ configuration, run, bus, fail }: Beginning): Promise<Work> {
  const outbox = new Outbox(bus, false, (error) => fail(reasonOf(error)));
  const { status } = configuration;
  const gateway = await open(configuration.web, {
    records: outbox,
    report: (line) => process.stderr.write(`weir proxy: ${line}\n`),
    // Ports and the keys of certificates are open: nothing after this needs root.
    opened: () => becomeUser(run.user),
    statusFolder: status.enabled ? status.folder : undefined,
  });
  const desk = new WebDesk(gateway.stored);
  return {
    reload: async () => [],
    answer: async (question) =>
      question === 'status'
        ? { ways: gateway.ways, rules: gateway.rules, ...gateway.statistics() }
        : desk.answer(question),
    drain: async () => {
      await gateway.close();
      await outbox.flush();
      await bus.close();
    },
  };
}

async function open(
  web: Configuration['web'],
  context: Parameters<typeof Gateway.start>[1],
): Promise<Gateway> {
  try {
    return await Gateway.start(web, context);
  } catch (error) {
    if (error instanceof GatewayError) throw new StartError(error.message);
    throw error;
  }
}

runProcess('proxy', begin);
