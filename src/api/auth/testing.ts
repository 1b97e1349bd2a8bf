/** What the tests of access share: the whole API on a port and at its socket, in front of a weir that does not run. */

import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request, type Server } from 'node:http';
import { request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiConfiguration, parseConfiguration } from '../../config/index.ts';
import { RunningWeir } from '../../control/index.ts';
import type { Role } from '../access.ts';
import { listenOnPort, listenOnSocket, type ServerCertificate } from '../listen.ts';
import { LiveFeed } from '../live/feed.ts';
import { readSecretFile } from '../secret-file.ts';
import { type Api, createApi } from '../server.ts';

/** A request of a test; its headers may say one thing twice. */
export interface TestRequest {
  readonly method?: string;
  /** As it goes on the line. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Goes as JSON, a text as it is. */
  readonly body?: unknown;
  readonly socket?: boolean;
}

/** What came back; of an answer that goes on only its beginning. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** An API that listens, for one test file. */
export class ListeningApi {
  readonly api: Api;
  readonly folder: string;
  readonly reported: string[];
  readonly port: number;
  private readonly servers: readonly Server[];
  private readonly encrypted: boolean;

  private constructor(
    api: Api,
    folder: string,
    reported: string[],
    servers: readonly Server[],
    encrypted: boolean,
  ) {
    this.api = api;
    this.folder = folder;
    this.reported = reported;
    this.servers = servers;
    this.encrypted = encrypted;
    const [first] = servers.map((server) => server.address() as AddressInfo);
    this.port = first?.port ?? 0;
  }

  /** `settings`: the section `api` as YAML in one line; `folder`: that of one before, to begin where that ended. */
  static async open(
    settings = '{}',
    folder = mkdtempSync(join(tmpdir(), 'weir-access-')),
    certificate?: ServerCertificate,
  ): Promise<ListeningApi> {
    const { api: configuration } = parseConfiguration(`api: ${settings}`, 'test');
    const reported: string[] = [];
    const api = await createApi({
      weir: RunningWeir.at(join(folder, 'no-weir')),
      feed: new LiveFeed(),
      configuration: (): ApiConfiguration => configuration,
      folder,
      secret: readSecretFile,
      owner: 'root',
      report: (line) => void reported.push(line),
    });
    const servers = [
      await listenOnPort({ host: '127.0.0.1', port: 0 }, certificate, api.routing),
      await listenOnSocket(join(folder, 'api.sock'), api.routing),
    ];
    return new ListeningApi(api, folder, reported, servers, certificate !== undefined);
  }

  /** Ends it; `keep`: its folder stays. */
  async close(keep = false): Promise<void> {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
    await this.api.close();
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes a token. */
  async token(name: string, role: Role, expiresUs?: number): Promise<string> {
    const wish = { name, role, madeBy: 'test', ...(expiresUs === undefined ? {} : { expiresUs }) };
    return (await this.api.gate.tokens.create(wish)).secret;
  }

  /** Logs in; the cookie as browsers send it, and what changes need. */
  async login(body: unknown): Promise<{ readonly cookie: string; readonly csrf: string }> {
    const answer = await this.ask({ method: 'POST', path: '/api/v1/session', body });
    const [cookie = ''] = (answer.headers['set-cookie']?.[0] ?? '').split(';');
    return { cookie, csrf: String(answer.json.csrf) };
  }

  ask({ method = 'GET', path, headers = {}, body, socket = false }: TestRequest): Promise<TestAnswer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' };
    const options = {
      method,
      path,
      agent: false,
      headers: { ...type, ...headers } as Record<string, string | string[]>,
      ...(socket
        ? { socketPath: join(this.folder, 'api.sock') }
        : { host: '127.0.0.1', port: this.port, rejectUnauthorized: false }),
    };
    return new Promise((resolve, reject) => {
      const asked = this.encrypted && !socket ? requestTls(options) : request(options);
      asked.once('error', reject);
      asked.once('response', (response) => {
        let said = '';
        const settle = (): void => {
          asked.off('error', reject);
          asked.on('error', () => undefined);
          asked.destroy();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: said,
            json: objectOf(said),
          });
        };
        response.setEncoding('utf8').on('data', (part: string) => {
          said += part;
          if (response.headers['content-type']?.startsWith('text/event-stream')) settle();
        });
        response.once('error', reject);
        response.once('end', settle);
      });
      asked.end(text);
    });
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
