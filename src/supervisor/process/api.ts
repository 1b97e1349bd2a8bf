/** The API: answers over HTTP what the control socket answers, and serves the console. */

import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import { join, resolve } from 'node:path';
import {
  type Api,
  createApi,
  type KeptPackets,
  LiveFeed,
  listenForProxy,
  listenOnPort,
  listenOnSocket,
  loginLink,
  type ServerCertificate,
} from '../../api/index.ts';
import { type Configuration, endpointOf, socketOf } from '../../config/index.ts';
import { controlFolder, RunningWeir } from '../../control/index.ts';
import { API, FINDINGS, RECORDS, type Run } from '../messages.ts';
import { becomeUser } from '../privileges.ts';
import { ringFolders } from '../ring-folders.ts';
import { stateFolder } from '../state-folder.ts';
import { apiCertificate } from './api-certificate.ts';
import { jsonOf } from './json-line.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';

/** A port that another program has is tried again so often. */
const AGAIN_MS = 5000;

async function begin({ configuration, run, bus, ask }: Beginning): Promise<Work> {
  let current = configuration;
  const report = (line: string): void => void process.stderr.write(`weir api: ${line}\n`);
  const feed = new LiveFeed(undefined, undefined, report);
  const doors = new Doors(report);
  const folder = stateFolder(configuration, 'api');
  // Before it becomes another user: the folder of the socket is root's, and so may the port be.
  const api = await createApi({
    weir: new RunningWeir(ask),
    feed,
    configuration: () => current.api,
    folder,
    packets: keptPackets(configuration, run),
    report,
  });
  const certificate = apiCertificate(configuration, folder);
  await doors.open(configuration, api, certificate);
  becomeUser(run.user);
  if (certificate === undefined && !isLoopback(configuration.api.listen)) {
    report(
      `WARNING: ${configuration.api.listen} is open to others and not encrypted: tokens and records can be read on the way. Set api.tls.mode to own, or listen on 127.0.0.1`,
    );
  }
  const { fault } = api.gate.openId;
  if (fault !== '') report(`login by the provider does not work: ${fault}`);
  // For the person who has just started it alone: a link that logs in belongs into no log.
  if (process.stderr.isTTY) {
    const code = api.gate.codes.make({ name: api.gate.owner, role: 'admin' });
    process.stderr.write(`console: ${loginLink(configuration.api, code)}\n`);
  }
  const take = (batch: readonly string[]): void => feed.take(batch.flatMap(recordOf));
  await bus.subscribe(RECORDS, take, { name: API });
  await bus.subscribe(FINDINGS, take, { name: API });
  return {
    reload: async (next) => {
      current = next;
      try {
        doors.present(apiCertificate(next, folder));
        return [];
      } catch (error) {
        return [reasonOf(error)];
      }
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

/** Where the sensors find or keep their packets. */
function keptPackets({ capture }: Configuration, { captures }: Run): KeptPackets {
  if (captures.length > 0) {
    return { kind: 'captures', paths: captures.filter((path) => path !== '-').map((path) => resolve(path)) };
  }
  const folders = ringFolders(capture);
  return folders.length === 0 ? { kind: 'none' } : { kind: 'ring', ...capture.ring, folders };
}

function recordOf(line: string): { line: string; record: Readonly<Record<string, unknown>> }[] {
  const record = jsonOf(line);
  return typeof record === 'object' && record !== null
    ? [{ line, record: record as Record<string, unknown> }]
    : [];
}

/** Whether only the machine itself gets there. */
function isLoopback(listen: string): boolean {
  if (socketOf(listen) !== undefined) return true;
  const { host } = endpointOf(listen);
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Where it is reached: the socket for who runs weir, and a port. */
class Doors {
  private readonly servers: Server[] = [];
  private readonly report: (line: string) => void;
  private again: NodeJS.Timeout | undefined;
  private address = '';
  private certificate: ServerCertificate | undefined;

  constructor(report: (line: string) => void) {
    this.report = report;
  }

  statistics() {
    return { listens: this.address };
  }

  /** A port that is taken keeps nothing else from working: it is tried again. */
  async open(
    { api: { listen }, control }: Configuration,
    api: Api,
    certificate: ServerCertificate | undefined,
  ): Promise<void> {
    this.certificate = certificate;
    this.servers.push(await listenOnSocket(join(controlFolder(control.folder), 'api.sock'), api.routing));
    await this.openPort(listen, api, true);
  }

  /** Presents another certificate to who connects from now on; whether there is one, a new start alone changes. */
  present(certificate: ServerCertificate | undefined): void {
    if (certificate === undefined || this.certificate === undefined) return;
    this.certificate = certificate;
    for (const server of this.servers) {
      if (server instanceof TlsServer) {
        server.setSecureContext({
          cert: certificate.certificate,
          key: certificate.key,
          minVersion: 'TLSv1.2',
        });
      }
    }
  }

  private async openPort(listen: string, api: Api, first: boolean): Promise<void> {
    try {
      const path = socketOf(listen);
      this.servers.push(
        await (path === undefined
          ? listenOnPort(endpointOf(listen), this.certificate, api.routing)
          : listenForProxy(path, this.certificate, api.routing)),
      );
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
