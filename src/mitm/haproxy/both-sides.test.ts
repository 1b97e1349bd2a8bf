import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Nginx } from '../../../test/support/nginx.ts';
import {
  curlIn,
  until,
  withoutPrograms,
  writeCertificate,
  writeRules,
} from '../../../test/support/web-parts.ts';
import { TestNetwork, withoutNamespaces } from '../../mirror/namespace-network.ts';
import { kernelAddon } from '../../native/index.ts';
import { folderFor, MAIN, up, writeConfiguration } from '../../supervisor/testing.ts';
import { CONFIG_DEFAULTS, fullConfig } from './config.ts';
import { parseVersion } from './version.ts';

const skip =
  kernelAddon() === undefined
    ? 'build/weir.node is not built'
    : withoutNamespaces() || withoutPrograms('haproxy', 'nginx', 'curl', 'openssl');
const SERVER = '10.9.8.2:3000';

/** What the test looks at of a record. */
interface Line {
  readonly event_type: string;
  readonly community_id?: string;
  readonly dest_ip?: string;
  readonly dest_port?: number;
  readonly web?: {
    readonly way: string;
    readonly upstream_community_id?: string;
    readonly upstream_ip?: string;
  };
}

/** What `weir context --json` says of requests and their connections. */
interface Known {
  readonly connections: readonly {
    readonly communityId: string;
    readonly ja4: string;
    readonly upstream: string;
    readonly upstreamServer: string;
  }[];
}

/** A HAProxy of ours that ends TLS, where the command `within` leads. */
async function startHaproxy(t: TestContext, folder: string, within: readonly string[]): Promise<void> {
  const spoePath = join(folder, 'spoe.cfg');
  const files = fullConfig({
    ...CONFIG_DEFAULTS,
    version: parseVersion('2.6'),
    spoePath,
    responses: 'head',
    processingMs: 5000,
    http: '127.0.0.1:8081',
    https: '10.9.8.1:443',
    certificate: writeCertificate(folder),
    hosts: [{ name: 'shop.example', server: SERVER }],
  });
  const path = join(folder, 'haproxy.cfg');
  writeFileSync(path, files.haproxy);
  writeFileSync(spoePath, files.spoe);
  const [program = '', ...args] = [...within, 'haproxy', '-db', '-f', path];
  const child = spawn(program, args, { stdio: 'ignore' });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
}

test('a request through a HAProxy that ends TLS is shown with both its connections', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const network = new TestNetwork();
  t.after(() => network.remove());
  const client = ['ip', 'netns', 'exec', network.client];
  const gateway = ['ip', 'netns', 'exec', network.gateway];
  await Nginx.start(t, { within: client, listen: [SERVER] });
  const folder = folderFor(t);
  writeConfiguration(
    folder,
    `capture: {interface: wan0}
store: {folder: ${folder}/store}
web:
  enabled: true
  waf: {rules: [${writeRules(folder)}], workers: 1}
  haproxy: {listen: '127.0.0.1:12345', deadline: 4s}
  buffer: {folder: ${folder}/buffer, analyse: false}
`,
  );
  const weir = up(t, folder, [], {}, gateway);
  await weir.running();
  await startHaproxy(t, folder, gateway);
  const ask = () => curlIn(client, '-k', '-H', 'Host: shop.example', 'https://10.9.8.1/?page=1');
  await until('HAProxy', async () => (await ask()).status === 200);
  const records = (): readonly Line[] => {
    const path = join(folder, 'eve.json');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Line);
  };
  // The agent may be found a little after HAProxy is there: requests pass unjudged until then.
  const judged = await until('a judged request', async () => {
    await ask();
    return records().find(({ web }) => web?.upstream_community_id !== undefined);
  });
  assert.equal(judged.web?.way, 'haproxy');
  assert.equal(judged.web.upstream_ip, '10.9.8.2');
  const known = await until('both connections', () => {
    const command = [MAIN, 'context', '10.9.8.2', '--json', '--config', join(folder, 'weir.yaml')];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const { connections } = JSON.parse(stdout) as Known;
    return connections.find((one) => one.communityId === judged.community_id && one.upstream !== '');
  });
  assert.equal(known.upstream, judged.web.upstream_community_id);
  assert.equal(known.upstreamServer, '10.9.8.2 port 3000');
  assert.match(known.ja4, /^t13/);
  assert.equal(await weir.end('SIGTERM'), 0, weir.said);
  // The sensor saw both.
  const flowTo = (id: string | undefined): string => {
    const flow = records().find((one) => one.event_type === 'flow' && one.community_id === id);
    return `${flow?.dest_ip} ${flow?.dest_port}`;
  };
  assert.equal(flowTo(judged.community_id), '10.9.8.1 443');
  assert.equal(flowTo(judged.web.upstream_community_id), '10.9.8.2 3000');
});
