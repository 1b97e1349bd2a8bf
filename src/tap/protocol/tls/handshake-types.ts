// Handshake message types (IANA "TLS HandshakeType").
export const HELLO_REQUEST = 0;
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const HELLO_VERIFY_REQUEST = 3;
export const NEW_SESSION_TICKET = 4;
export const END_OF_EARLY_DATA = 5;
export const HELLO_RETRY_REQUEST = 6;
export const ENCRYPTED_EXTENSIONS = 8;
export const CERTIFICATE = 11;
export const SERVER_KEY_EXCHANGE = 12;
export const CERTIFICATE_REQUEST = 13;
export const SERVER_HELLO_DONE = 14;
export const CERTIFICATE_VERIFY = 15;
export const CLIENT_KEY_EXCHANGE = 16;
export const FINISHED = 20;
export const CERTIFICATE_URL = 21;
export const CERTIFICATE_STATUS = 22;
export const SUPPLEMENTAL_DATA = 23;
export const KEY_UPDATE = 24;
export const MESSAGE_HASH = 254;

/** Letters of Zeek's `ssl_history` for handshake messages; what is not here is `z`. */
const LETTERS: ReadonlyMap<number, string> = new Map([
  [HELLO_REQUEST, 'h'],
  [CLIENT_HELLO, 'c'],
  [SERVER_HELLO, 's'],
  [HELLO_VERIFY_REQUEST, 'v'],
  [NEW_SESSION_TICKET, 't'],
  [END_OF_EARLY_DATA, 'e'],
  [HELLO_RETRY_REQUEST, 'j'],
  [ENCRYPTED_EXTENSIONS, 'o'],
  [CERTIFICATE, 'x'],
  [SERVER_KEY_EXCHANGE, 'k'],
  [CERTIFICATE_REQUEST, 'r'],
  [SERVER_HELLO_DONE, 'n'],
  [CERTIFICATE_VERIFY, 'y'],
  [CLIENT_KEY_EXCHANGE, 'g'],
  [FINISHED, 'f'],
  [CERTIFICATE_URL, 'w'],
  [CERTIFICATE_STATUS, 'u'],
  [SUPPLEMENTAL_DATA, 'a'],
  [KEY_UPDATE, 'p'],
  [MESSAGE_HASH, 'm'],
]);

/** The letter of a handshake message in Zeek's `ssl_history`, in lower case. */
export function historyLetter(type: number): string {
  return LETTERS.get(type) ?? 'z';
}

/** Messages that Suricata knows in TLS before encryption; any other is an anomaly. */
export function isOrdinaryMessage(type: number): boolean {
  return (
    type <= SERVER_HELLO ||
    type === NEW_SESSION_TICKET ||
    (type >= CERTIFICATE && type <= CLIENT_KEY_EXCHANGE) ||
    (type >= FINISHED && type <= CERTIFICATE_STATUS)
  );
}
