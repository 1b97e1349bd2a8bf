/** The API: answers over HTTP what the control socket answers, and serves the console. */

import type { RequestListener, Server } from 'node:http';
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
  readSecretsAhead,
  type ServerCertificate,
} from '../../api/index.ts';
import { type Configuration, endpointOf, socketOf } from '../../config/index.ts';
import { controlFolder, jsonOf, RunningWeir } from '../../control/index.ts';
import { API, FINDINGS, RECORDS, type Run, type User } from '../messages.ts';
import { asUser, becomeUser } from '../privileges.ts';
import { ringFolders } from '../ring-folders.ts';
import { stateFolder } from '../state-folder.ts';
import { apiCertificate } from './api-certificate.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';
import { userName } from './user-name.ts';

/** A port that another program has is tried again so often. */
const AGAIN_MS = 5000;

async function begin({ configuration, run, bus, ask }: Beginning): Promise<Work> {
  let current = configuration;
  const report = (line: string): void => void process.stderr.write(`weir api: ${line}\n`);
  const feed = new LiveFeed(undefined, undefined, report);
  const doors = new Doors(report);
  const folder = stateFolder(configuration, 'api');
  // Before it becomes another user: the folder of the socket is root's, and so may the port, secrets and keys be.
  const owner = userName();
  const secret = readSecretsAhead(configuration.api);
  const certificate = certificateOf(configuration, folder, run.user);
  await doors.open(configuration, certificate);
  becomeUser(run.user);
  const api = await createApi({
    weir: new RunningWeir(ask),
    feed,
    configuration: () => current.api,
    folder,
    packets: keptPackets(configuration, run),
    secret,
    owner,
    report,
  });
  doors.answer = api.routing;
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
        doors.present(certificateOf(next, folder, undefined));
        return [];
      } catch (error) {
        return [reasonOf(error)];
      }
    },
    answer: async (question) => (question === 'status' ? doors.statistics() : undefined),
    drain: async () => {
      await doors.close(api);
      await bus.close();
    },
  };
}

/** What it presents: weir's own lies in the user's folder, a given one is perhaps root's alone. */
function certificateOf(
  configuration: Configuration,
  folder: string,
  user: User | undefined,
): ServerCertificate | undefined {
  const isOwn = configuration.api.tls.mode === 'own';
  return asUser(isOwn ? user : undefined, () => apiCertificate(configuration, folder));
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
  /** What answers; until it is there, that it is not yet. */
  answer: RequestListener = (_request, response) => {
    const body = { type: 'about:blank', title: 'Starting', status: 503, detail: 'weir starts: ask again' };
    response.writeHead(503, { 'retry-after': '1', 'content-type': 'application/problem+json' });
    response.end(JSON.stringify(body));
  };
  private readonly take: RequestListener = (request, response) => this.answer(request, response);

  constructor(report: (line: string) => void) {
    this.report = report;
  }

  statistics() {
    return { listens: this.address };
  }

  /** A port that is taken keeps nothing else from working: it is tried again. */
  async open(
    { api: { listen }, control }: Configuration,
    certificate: ServerCertificate | undefined,
  ): Promise<void> {
    this.certificate = certificate;
    this.servers.push(await listenOnSocket(join(controlFolder(control.folder), 'api.sock'), this.take));
    await this.openPort(listen, true);
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

  private async openPort(listen: string, first: boolean): Promise<void> {
    try {
      const path = socketOf(listen);
      this.servers.push(
        await (path === undefined
          ? listenOnPort(endpointOf(listen), this.certificate, this.take)
          : listenForProxy(path, this.certificate, this.take)),
      );
      this.address = listen;
    } catch (error) {
      if (first) {
        this.report(
          `${listen}: ${reasonOf(error)}; name another place in api.listen. Until it is free the API answers at its socket alone`,
        );
      }
      this.again = setTimeout(() => void this.openPort(listen, false), AGAIN_MS);
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
