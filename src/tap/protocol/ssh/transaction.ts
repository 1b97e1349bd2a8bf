import type { Transaction, ZeekRow } from '../../../event/index.ts';
import type { Banner } from './banner.ts';
import type { Hassh } from './hassh.ts';
import type { Agreement, KeyExchangeInit } from './key-exchange.ts';
import { commonVersion, sessionDirection, sshLog } from './zeek-log.ts';

/** What one side of a session said in clear. */
export interface Side {
  banner: Banner | undefined;
  init: KeyExchangeInit | undefined;
  hassh: Hassh | undefined;
}

/** EVE's `ssh` record: the identification and HASSH of both sides. */
export class SshTransaction implements Transaction {
  readonly type = 'ssh';
  private readonly client: Side;
  private readonly server: Side;

  constructor(client: Side, server: Side) {
    this.client = client;
    this.server = server;
  }

  eve(): Record<string, unknown> {
    const ssh: Record<string, unknown> = {};
    if (this.client.banner) ssh.client = sideRecord(this.client, this.client.banner);
    if (this.server.banner) ssh.server = sideRecord(this.server, this.server.banner);
    return { ssh };
  }
}

function sideRecord(side: Side, banner: Banner): Record<string, unknown> {
  const record: Record<string, unknown> = { proto_version: banner.protocolVersion };
  if (banner.softwareVersion !== '') record.software_version = banner.softwareVersion;
  if (side.hassh) record.hassh = side.hassh;
  return record;
}

/** All that Zeek's ssh.log tells of a session. */
export interface SshSession {
  readonly timeUs: number;
  readonly clientAddress: string;
  readonly serverAddress: string;
  readonly client: Side;
  readonly server: Side;
  readonly agreement: Agreement | undefined;
  readonly authenticated: boolean | undefined;
  readonly attempts: number;
  readonly hostKey: string | undefined;
}

/** Zeek's ssh.log row, which waits for the result of the authentication. */
export class SshSessionLog implements Transaction {
  readonly type = 'ssh';
  readonly zeekOnly = true;
  private readonly session: SshSession;

  constructor(session: SshSession) {
    this.session = session;
  }

  eve(): Record<string, unknown> {
    return {};
  }

  zeek(): readonly ZeekRow[] {
    const { session } = this;
    const client = session.client.banner?.line;
    const server = session.server.banner?.line;
    const { agreement } = session;
    return [
      {
        log: sshLog,
        timeUs: session.timeUs,
        values: [
          client !== undefined && server !== undefined ? commonVersion(client, server) : undefined,
          session.authenticated,
          session.attempts,
          sessionDirection(session.clientAddress, session.serverAddress),
          client,
          server,
          agreement?.cipher,
          agreement?.mac,
          agreement?.compression,
          agreement?.keyExchange,
          agreement?.hostKey,
          session.hostKey,
        ],
      },
    ];
  }
}
