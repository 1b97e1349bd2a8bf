import type { Transaction } from '../../../event/index.ts';
import type { ClientHello, Extension } from '../tls/client-hello.ts';
import { ja3, ja3s } from '../tls/fingerprint/ja3.ts';
import { ja4 } from '../tls/fingerprint/ja4.ts';
import type { ServerHello } from '../tls/server-hello.ts';
import { extensionName } from './extension-names.ts';
import { cyu, type GoogleMessage } from './google-message.ts';
import { versionText } from './versions.ts';

const SERVER_NAME = 0;
const ALPN = 16;

/** What a packet with a long header showed beside its version. */
export type PacketContent =
  | { readonly kind: 'none' }
  | { readonly kind: 'client'; readonly hello: ClientHello }
  | { readonly kind: 'server'; readonly hello: ServerHello }
  | { readonly kind: 'google'; readonly message: GoogleMessage };

/** EVE's `quic` record: one for each packet with a long header until the direction's hello is known. */
export class QuicTransaction implements Transaction {
  readonly type = 'quic';
  private readonly version: number;
  private readonly content: PacketContent;

  constructor(version: number, content: PacketContent) {
    this.version = version;
    this.content = content;
  }

  eve(): Record<string, unknown> {
    const quic: Record<string, unknown> = { version: versionText(this.version) };
    const { content } = this;
    switch (content.kind) {
      case 'none':
        break;
      case 'client': {
        const { hello } = content;
        if (hello.sni !== undefined) quic.sni = hello.sni;
        quic.ja3 = ja3(hello);
        quic.ja4 = ja4(hello, 'q');
        if (hello.extensions.length > 0) quic.extensions = extensionRecords(hello.extensions, hello);
        break;
      }
      case 'server':
        quic.ja3s = ja3s(content.hello);
        if (content.hello.extensions.length > 0)
          quic.extensions = extensionRecords(content.hello.extensions, undefined);
        break;
      case 'google': {
        const { message } = content;
        if (message.sni !== undefined) quic.sni = message.sni;
        if (message.userAgent !== undefined) quic.ua = message.userAgent;
        const fingerprint = cyu(this.version, message.tags);
        if (fingerprint) quic.cyu = [fingerprint];
        break;
      }
      default:
        return content satisfies never;
    }
    return { quic };
  }
}

function extensionRecords(extensions: readonly Extension[], hello: ClientHello | undefined): unknown[] {
  return extensions.map(({ type }) => {
    const record: Record<string, unknown> = {};
    const name = extensionName(type);
    if (name !== undefined) record.name = name;
    record.type = type;
    if (type === SERVER_NAME && hello?.sni !== undefined) record.values = [hello.sni];
    else if (type === ALPN && hello && hello.alpn.length > 0) record.values = hello.alpn;
    return record;
  });
}
