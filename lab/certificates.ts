import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of one certificate. */
export interface Identity {
  readonly key: string;
  readonly certificate: string;
}

/** An authority that lives as long as the captures are being made; its keys are deleted with the folder. */
export class Authority {
  readonly certificate: string;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = join(folder, 'ca');
    mkdirSync(join(this.folder, 'issued'), { recursive: true });
    this.certificate = join(this.folder, 'ca.pem');
    writeFileSync(join(this.folder, 'index.txt'), '');
    writeFileSync(join(this.folder, 'serial'), '1001\n');
    writeFileSync(join(this.folder, 'ca.cnf'), this.configuration());
    openssl(
      ...[
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '3650',
        '-subj',
        '/O=Example Trust/CN=Example Root CA',
      ],
      ...['-keyout', join(this.folder, 'ca.key'), '-out', this.certificate],
    );
  }

  /** A certificate for names (the first is the subject); `from` and `to` as YYYYMMDD, by default valid now. */
  issue(names: readonly string[], key: 'rsa' | 'ec' = 'ec', from?: string, to?: string): Identity {
    const base = join(this.folder, names[0]!);
    const identity = { key: `${base}.key`, certificate: `${base}.pem` };
    const kind = key === 'rsa' ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    openssl(
      ...['req', '-new', '-newkey', ...kind, '-nodes', '-subj', `/O=Example Ltd/CN=${names[0]}`],
      ...['-keyout', identity.key, '-out', `${base}.csr`],
    );
    const extensions = `${base}.ext`;
    writeFileSync(extensions, `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
    const validity =
      from === undefined || to === undefined
        ? []
        : ['-startdate', `${from}000000Z`, '-enddate', `${to}000000Z`];
    openssl(
      ...['ca', '-batch', '-notext', '-config', join(this.folder, 'ca.cnf'), '-extfile', extensions],
      ...[...validity, '-in', `${base}.csr`, '-out', identity.certificate],
    );
    return identity;
  }

  /** A certificate that only vouches for itself. */
  selfSigned(name: string): Identity {
    const base = join(this.folder, name);
    const identity = { key: `${base}.key`, certificate: `${base}.pem` };
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`],
      ...['-keyout', identity.key, '-out', identity.certificate],
    );
    return identity;
  }

  private configuration(): string {
    const at = (name: string): string => join(this.folder, name);
    return [
      '[ca]\ndefault_ca = lab\n[lab]',
      `database = ${at('index.txt')}\nserial = ${at('serial')}\nnew_certs_dir = ${at('issued')}`,
      `certificate = ${at('ca.pem')}\nprivate_key = ${at('ca.key')}`,
      'default_md = sha256\ndefault_days = 365\npolicy = any\nunique_subject = no\nemail_in_dn = no',
      '[any]\norganizationName = optional\ncommonName = supplied\n',
    ].join('\n');
  }
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr.trim()}`);
}
