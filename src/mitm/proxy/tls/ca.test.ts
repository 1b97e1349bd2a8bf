import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CertificateAuthority, createCa, showCa } from './ca.ts';
import { CaError, type CaFault } from './ca-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-ca-'));
after(() => rmSync(root, { recursive: true, force: true }));
const DAY_MS = 86_400_000;

function openssl(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

function faultOf(action: () => unknown): { fault: CaFault; message: string } {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof CaError, String(error));
    return { fault: error.fault, message: error.message };
  }
  assert.fail('nothing was thrown');
}

test('the root is what RFC 5280 asks for, and openssl takes it', () => {
  const folder = join(root, 'good', 'deep');
  const made = createCa(folder, { name: 'Prüfung & Co', days: 30 });
  const key = join(folder, 'ca-key.pem');
  assert.equal(statSync(key).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(folder).sort(), ['ca-key.pem', 'ca.pem']);
  const { output } = openssl('x509', '-in', made.file, '-noout', '-text', '-nameopt', 'utf8,-esc_msb');
  assert.match(output, /Version: 3/);
  assert.match(output, /Subject: CN=Prüfung & Co/);
  assert.match(output, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  assert.match(output, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign/);
  assert.match(output, /NIST CURVE: P-256/);
  const [, own] = /Subject Key Identifier:\s+([0-9A-F:]+)/.exec(output) ?? [];
  const [, authority] = /Authority Key Identifier:\s+(?:keyid:)?([0-9A-F:]+)/.exec(output) ?? [];
  assert.equal(own, authority);
  assert.equal(openssl('verify', '-x509_strict', '-CAfile', made.file, made.file).status, 0);
  const fingerprint = openssl('x509', '-in', made.file, '-noout', '-fingerprint', '-sha256').output;
  assert.ok(fingerprint.includes(made.fingerprint));
  assert.ok(Math.abs(made.notAfter.getTime() - Date.now() - 30 * DAY_MS) < 60_000);
  assert.deepEqual(showCa(folder), made);
});

test('leaves are verified by openssl for their name only', () => {
  const folder = join(root, 'leaves');
  const made = createCa(folder);
  const ca = CertificateAuthority.load(folder);
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
  const cases = [
    ['www.example.org', ['-verify_hostname', 'www.example.org'], ['-verify_hostname', 'example.org']],
    ['192.0.2.7', ['-verify_ip', '192.0.2.7'], ['-verify_ip', '192.0.2.8']],
    ['2001:db8::7', ['-verify_ip', '2001:db8::7'], ['-verify_ip', '2001:db8::8']],
    [long, ['-verify_hostname', long], ['-verify_hostname', `x${long}`]],
  ] as const;
  for (const [name, right, wrong] of cases) {
    const file = join(root, 'leaf.pem');
    const leaf = ca.leaf(name);
    writeFileSync(file, leaf.certificate);
    const verify = (more: readonly string[]): number | null =>
      openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', made.file, ...more, file).status;
    assert.equal(verify(right), 0, name);
    assert.notEqual(verify(wrong), 0, name);
    const read = new X509Certificate(leaf.certificate);
    const key = createPublicKey(leaf.key);
    assert.ok(read.publicKey.equals(key));
    assert.equal(read.ca, false);
    assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.ok(read.verify(new X509Certificate(made.pem).publicKey));
    assert.ok(Date.now() - read.validFromDate.getTime() > 3_500_000);
    assert.ok(read.validToDate.getTime() - Date.now() < 8 * DAY_MS);
    const { output } = openssl('x509', '-in', file, '-noout', '-text');
    assert.match(output, /Key Usage: critical\s+Digital Signature/);
    assert.match(output, name === long ? /Alternative Name: critical/ : /Alternative Name: \n/);
  }
  assert.equal(ca.signed, cases.length);
  const serials = new Set(
    Array.from({ length: 50 }, () => new X509Certificate(ca.leaf('a').certificate).serialNumber),
  );
  assert.equal(serials.size, 50);
});

test('a leaf holds no longer than its CA, and a CA that expired signs none', () => {
  const folder = join(root, 'short');
  createCa(folder, { days: 1 });
  const ca = CertificateAuthority.load(folder);
  assert.equal(ca.leaf('a').notAfter, ca.description.notAfter.getTime());
  const later = Date.now() + 2 * DAY_MS;
  assert.equal(faultOf(() => ca.leaf('a', later)).fault, 'expired');
  assert.match(
    faultOf(() => CertificateAuthority.load(folder, later)).message,
    /expired on .* make a new one/,
  );
  assert.match(faultOf(() => CertificateAuthority.load(folder, 0)).message, /clock/);
});

test('a CA that holds beyond 2049 is written with the other kind of time', () => {
  const folder = join(root, 'far');
  const made = createCa(folder, { days: 36_500 });
  assert.ok(made.notAfter.getUTCFullYear() > 2100);
  assert.equal(openssl('verify', '-x509_strict', '-CAfile', made.file, made.file).status, 0);
});

test('what is there is not overwritten, nor is half of a CA', () => {
  const folder = join(root, 'taken');
  createCa(folder);
  const key = join(folder, 'ca-key.pem');
  const before = readFileSync(key, 'utf8');
  assert.equal(faultOf(() => createCa(folder)).fault, 'exists');
  assert.equal(readFileSync(key, 'utf8'), before);
  rmSync(join(folder, 'ca.pem'));
  assert.match(faultOf(() => createCa(folder)).message, /ca-key\.pem is there already/);
  assert.equal(faultOf(() => showCa(folder)).fault, 'absent');
  rmSync(key);
  symlinkSync(join(root, 'elsewhere'), join(folder, 'ca.pem'));
  assert.equal(faultOf(() => createCa(folder)).fault, 'exists');
  assert.ok(!existsSync(key));
  assert.throws(() => createCa(join(root, 'x'), { name: '' }), RangeError);
  assert.throws(() => createCa(join(root, 'x'), { name: 'a\nb' }), RangeError);
  assert.throws(() => createCa(join(root, 'x'), { days: 0 }), RangeError);
});

test('a CA that cannot be used is refused with where and why', () => {
  const folder = join(root, 'bad');
  createCa(folder);
  const key = join(folder, 'ca-key.pem');
  const certificate = join(folder, 'ca.pem');
  const good = readFileSync(key, 'utf8');
  const load = (): { fault: CaFault; message: string } => faultOf(() => CertificateAuthority.load(folder));
  chmodSync(key, 0o640);
  assert.match(load().message, /ca-key\.pem: others may read the key \(mode 640\)/);
  chmodSync(key, 0o600);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  writeFileSync(key, other.export({ type: 'pkcs8', format: 'pem' }));
  assert.match(load().message, /is not the key of/);
  const rsa = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  writeFileSync(key, rsa.export({ type: 'pkcs8', format: 'pem' }));
  assert.match(load().message, /P-256/);
  writeFileSync(key, 'secret words');
  const { message } = load();
  assert.match(message, /is not a private key in PEM/);
  assert.ok(!message.includes('secret words'));
  writeFileSync(key, good);
  const leaf = CertificateAuthority.load(folder).leaf('a');
  writeFileSync(certificate, leaf.certificate);
  assert.match(load().message, /is not the certificate of a CA/);
  writeFileSync(certificate, 'nothing');
  assert.match(load().message, /is not a certificate in PEM/);
  assert.equal(faultOf(() => CertificateAuthority.load(join(root, 'none'))).fault, 'absent');
});
