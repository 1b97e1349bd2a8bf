const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n', 'latin1');

/**
 * Whether bytes are the beginning of HTTP/2 without TLS (h2c by prior knowledge, RFC 9113, 3.3), which is refused:
 * 505 by HTTP/1.1, and the connection is closed. False where there are too few bytes to tell.
 */
export function isHttp2Preface(bytes: Uint8Array): boolean {
  return bytes.length >= PREFACE.length && PREFACE.equals(bytes.subarray(0, PREFACE.length));
}
