import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ConfigurationError, defaultConfiguration } from '../config/index.ts';
import { parseDpiDual, UciError } from '../secubox/index.ts';
import { chooseConfiguration, readEitherConfiguration, refuseWhereOff } from './chosen-configuration.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-chosen-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test('the file of dpi-dual becomes a configuration; what it does not decide has the defaults of weir.yaml', () => {
  const path = file(
    'dpi-dual',
    `config global 'settings'
	option stats_dir '/var/secubox'
config tap 'tap'
	option interface 'mon0'
	option mirror_source 'wan'
	option flow_retention 600
config lan 'lan'
	option client_retention 7200
	option track_clients 0
`,
  );
  const { configuration, dpiDual, file: read, reason } = chooseConfiguration(path);
  assert.equal(read, path);
  assert.equal(reason, `configuration: ${path}, as named`);
  assert.equal(dpiDual?.mode, 'dual');
  const defaults = defaultConfiguration();
  assert.deepEqual(configuration, {
    ...defaults,
    capture: { ...defaults.capture, interface: 'mon0', mirror: { mode: 'software', source: 'wan' } },
    web: {
      ...defaults.web,
      enabled: true,
      waf: { ...defaults.web.waf, enabled: existsSync('/usr/share/modsecurity-crs') },
      mitmproxy: { socket: '/run/weir/mitmproxy.sock' },
      buffer: { ...defaults.web.buffer, folder: '/tmp/dpi-buffer/weir' },
    },
    lan: { ...defaults.lan, retentionMs: 7_200_000 },
    status: {
      enabled: true,
      folder: '/var/secubox',
      intervalMs: 5000,
      files: {
        tapInterface: 'mon0',
        lanInterface: 'br-lan',
        flowSeconds: 600,
        flows: true,
        lan: true,
        clients: false,
        destinations: true,
        protocols: true,
      },
    },
  });
});

test('a file of another form is weir.yaml', () => {
  const { configuration, dpiDual } = readEitherConfiguration(file('weir.yaml', 'lan: {enabled: false}\n'));
  assert.equal(dpiDual, undefined);
  assert.equal(configuration.lan.enabled, false);
  assert.throws(
    () => readEitherConfiguration(file('network', "config interface 'wan'\n\toption proto dhcp\n")),
    ConfigurationError,
  );
  assert.throws(() => readEitherConfiguration(join(folder, 'none')), /none:1:1: there is no such file/);
});

test('switched off is refused with its reason', () => {
  const path = file('off', "config global 'settings'\n\toption enabled 0\n");
  assert.throws(() => refuseWhereOff(path, readEitherConfiguration(path)), {
    name: 'StartError',
    message: `${path}: weir is not to run: settings.enabled is 0`,
  });
  const on = file('on', "config global 'settings'\n\toption enabled 1\n");
  refuseWhereOff(on, readEitherConfiguration(on));
});

test('what dpi-dual takes, weir takes too, or says at the place of the option', () => {
  const option = (name: string, value: fc.Arbitrary<string>) =>
    value.map((text) => `\toption ${name} '${text.replaceAll("'", '')}'\n`);
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme', maxLength: 16 }),
    fc.constantFrom('/', '/a', 'auto', 'eth0', '..', '10', '3600', '315360000', '86400'),
    fc.string().map((rest) => `/${rest}`),
  );
  const whole = fc
    .tuple(
      option('stats_dir', text),
      option('interface', text),
      option('mirror_source', text),
      option('aggregate_interval', text),
      option('client_retention', text),
    )
    .map(
      ([stats, tap, source, interval, retention]) =>
        `config global 'settings'\n${stats}config tap 'tap'\n${tap}${source}config lan 'lan'\n${interval}${retention}`,
    );
  fc.assert(
    fc.property(whole, (content) => {
      const path = file('dpi-dual', content);
      let understood = true;
      try {
        parseDpiDual(content, path);
      } catch (error) {
        assert.ok(error instanceof UciError);
        understood = false;
      }
      try {
        readEitherConfiguration(path);
        assert.ok(understood);
      } catch (error) {
        assert.ok(error instanceof ConfigurationError, String(error));
        for (const { line } of error.mistakes) assert.ok(line > 1, error.message);
      }
    }),
    { numRuns: 300 },
  );
});
