/** The API: answers over HTTP what the control socket answers, and serves the console. */

import type { Server } from 'node:http';
import { join } from 'node:path';
import { type Api, createApi, LiveFeed, listenOnPort, listenOnSocket } from '../../api/index.ts';
import { type Configuration, endpointOf } from '../../config/index.ts';
import { controlFolder, RunningWeir } from '../../control/index.ts';
import { API, FINDINGS, RECORDS } from '../messages.ts';
import { becomeUser } from '../privileges.ts';
import { stateFolder } from '../state-folder.ts';
import { jsonOf } from './json-line.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';

/** A port that another program has is tried again so often. */
const AGAIN_MS = 5000;

async function begin({ configuration, run, bus, ask }: Beginning): Promise<Work> {
  let current = configuration;
  const report = (line: string): void => void process.stderr.write(`weir api: ${line}\n`);
  const feed = new LiveFeed();
  const doors = new Doors(report);
  // Before it becomes another user: the folder of the socket is root's, and so may the port be.
  const api = await createApi({
    weir: new RunningWeir(ask),
    feed,
    configuration: () => current.api,
    folder: stateFolder(configuration, 'api'),
    report,
  });
  await doors.open(configuration, api);
  becomeUser(run.user);
  const take = (batch: readonly string[]): void => feed.take(batch.flatMap(recordOf));
  await bus.subscribe(RECORDS, take, { name: API });
  await bus.subscribe(FINDINGS, take, { name: API });
  return {
    reload: async (next) => {
      current = next;
      return [];
    },
    answer: async (question) =>
      question === 'status'
        ? { ...doors.statistics(), live: { readers: feed.readerCount, newest: feed.newest } }
        : undefined,
    drain: async () => {
      await doors.close(api);
      await bus.close();
    },
  };
}

function recordOf(line: string): { line: string; record: Readonly<Record<string, unknown>> }[] {
  const record = jsonOf(line);
  return typeof record === 'object' && record !== null
    ? [{ line, record: record as Record<string, unknown> }]
    : [];
}

/** Where it is reached: the socket for who runs weir, and a port. */
class Doors {
  private readonly servers: Server[] = [];
  private readonly report: (line: string) => void;
  private again: NodeJS.Timeout | undefined;
  private address = '';

  constructor(report: (line: string) => void) {
    this.report = report;
  }

  statistics() {
    return { listens: this.address };
  }

  /** A port that is taken keeps nothing else from working: it is tried again. */
  async open({ api: { listen }, control }: Configuration, api: Api): Promise<void> {
    this.servers.push(await listenOnSocket(join(controlFolder(control.folder), 'api.sock'), api.routing));
    await this.openPort(listen, api, true);
  }

  private async openPort(listen: string, api: Api, first: boolean): Promise<void> {
    try {
      this.servers.push(await listenOnPort(endpointOf(listen), undefined, api.routing));
      this.address = listen;
    } catch (error) {
      if (first) {
        this.report(
          `${listen}: ${reasonOf(error)}; name another place in api.listen. Until it is free the API answers at its socket alone`,
        );
      }
      this.again = setTimeout(() => void this.openPort(listen, api, false), AGAIN_MS);
    }
  }

  async close(api: Api): Promise<void> {
    clearTimeout(this.again);
    for (const server of this.servers) server.close();
    await api.close();
    for (const server of this.servers) server.closeAllConnections();
  }
}

runProcess('api', begin);
