import type { ZeekRow, ZeekValue } from '../../../event/index.ts';
import type { ClientHello } from '../tls/client-hello.ts';
import { cipherSuiteName } from '../tls/names/cipher-suites.ts';
import { groupName } from '../tls/names/groups.ts';
import { zeekVersion } from '../tls/names/versions.ts';
import { negotiatedVersion, type ServerHello } from '../tls/server-hello.ts';
import { SSL_LOG } from '../tls/ssl-log.ts';

/** Hellos of one flow that the history tells of. */
const MAX_HISTORY = 16;

/** Zeek's ssl.log row of a TLS handshake over QUIC; what comes behind the hellos is encrypted and stays unset. */
export class HandshakeLog {
  private timeUs = 0;
  private client: ClientHello | undefined;
  private server: ServerHello | undefined;
  private history = '';

  clientHello(hello: ClientHello, timeUs: number): void {
    if (this.history === '') this.timeUs = timeUs;
    this.client = hello;
    this.note('C');
  }

  serverHello(hello: ServerHello, timeUs: number): void {
    if (this.history === '') this.timeUs = timeUs;
    this.server = hello;
    this.note('s');
  }

  /** The row; undefined where no hello was seen. */
  row(): ZeekRow | undefined {
    if (this.history === '') return undefined;
    const { client, server } = this;
    const fields: Record<string, ZeekValue> = {
      version: server && zeekVersion(negotiatedVersion(server)),
      cipher: server && cipherSuiteName(server.cipherSuite),
      curve: server?.keyShareGroup === undefined ? undefined : groupName(server.keyShareGroup),
      server_name: client?.sni,
      resumed: server?.preSharedKey ?? false,
      established: false,
      ssl_history: this.history,
    };
    return { log: SSL_LOG, timeUs: this.timeUs, values: SSL_LOG.columns.map(([name]) => fields[name]) };
  }

  private note(letter: string): void {
    if (this.history.length < MAX_HISTORY) this.history += letter;
  }
}
