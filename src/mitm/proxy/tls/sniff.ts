import type { Socket } from 'node:net';
import { type ClientHello, ClientHelloReader, type HelloState } from './client-hello.ts';

/** What a connection begins with. */
export type Sniffed =
  | { readonly kind: 'hello'; readonly hello: ClientHello }
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed'; readonly reason: string }
  /** Nothing that decides it came in time: in some protocols the server speaks first. */
  | { readonly kind: 'silent' }
  /** The client ended or broke the connection before. */
  | { readonly kind: 'closed' };

/**
 * Looks at the first bytes that a client sends, until they are a ClientHello or cannot become one. The bytes stay to
 * be read: they are put back, and the socket is left paused. Resolves with `silent` after `timeoutMs`; does not reject.
 * `head` is what was read from the socket before (behind a CONNECT, say): it is put back too.
 */
export function sniffClientHello(
  socket: Socket,
  timeoutMs: number,
  head: Uint8Array = new Uint8Array(),
): Promise<Sniffed> {
  const reader = new ClientHelloReader();
  const chunks: Uint8Array[] = [];
  if (head.length > 0) {
    chunks.push(head);
    const state = reader.push(head);
    if (state.kind !== 'more') {
      putBack(socket, chunks);
      return Promise.resolve(state);
    }
  }
  return new Promise((resolve) => {
    const end = (sniffed: Sniffed): void => {
      clearTimeout(timer);
      socket.off('data', take);
      socket.off('end', closed);
      socket.off('close', closed);
      socket.off('error', closed);
      socket.pause();
      putBack(socket, chunks);
      resolve(sniffed);
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      const state: HelloState = reader.push(chunk);
      if (state.kind !== 'more') end(state);
    };
    const closed = (): void => end({ kind: 'closed' });
    const timer = setTimeout(() => end({ kind: 'silent' }), timeoutMs);
    socket.on('end', closed);
    socket.on('close', closed);
    socket.on('error', closed);
    socket.on('data', take);
    // One that was paused before stays so when somebody listens.
    socket.resume();
    if (socket.destroyed) closed();
  });
}

/** Not onto a stream that has told of its end: nobody reads from that any more. */
function putBack(socket: Socket, chunks: readonly Uint8Array[]): void {
  if (chunks.length > 0 && !socket.destroyed && !socket.readableEnded) socket.unshift(Buffer.concat(chunks));
}
