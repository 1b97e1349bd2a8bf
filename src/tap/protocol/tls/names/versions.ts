export const SSL2 = 0x0002;
export const SSL3 = 0x0300;
export const TLS10 = 0x0301;
export const TLS11 = 0x0302;
export const TLS12 = 0x0303;
export const TLS13 = 0x0304;
export const DTLS10 = 0xfeff;
export const DTLS12 = 0xfefd;
export const DTLS13 = 0xfefc;
/** DTLS as OpenSSL 0.9.8 spoke it, before RFC 4347; Cisco's AnyConnect still does. */
export const DTLS_EARLY = 0x0100;
/** What a TLS 1.3 draft before the 16th is recorded as: those drafts did not number themselves. */
export const TLS13_EARLY_DRAFT = 0x7f01;

const DRAFT_16 = 0x7f10;
const DRAFT_28 = 0x7f1c;
/** Facebook's own numbering of some drafts. */
const FACEBOOK_DRAFTS: ReadonlySet<number> = new Set([0xfb14, 0xfb15, 0xfb16, 0xfb17, 0xfb1a]);

const EVE_NAMES: ReadonlyMap<number, string> = new Map([
  [SSL2, 'SSLv2'],
  [SSL3, 'SSLv3'],
  [TLS10, 'TLSv1'],
  [TLS11, 'TLS 1.1'],
  [TLS12, 'TLS 1.2'],
  [TLS13, 'TLS 1.3'],
  [TLS13_EARLY_DRAFT, 'TLS 1.3 draft-<16'],
  [DTLS10, 'DTLS 1.0'],
  [DTLS12, 'DTLS 1.2'],
  [DTLS13, 'DTLS 1.3'],
  [DTLS_EARLY, 'DTLS 1.0'],
]);

const ZEEK_NAMES: ReadonlyMap<number, string> = new Map([
  [SSL2, 'SSLv2'],
  [SSL3, 'SSLv3'],
  [TLS10, 'TLSv10'],
  [TLS11, 'TLSv11'],
  [TLS12, 'TLSv12'],
  [TLS13, 'TLSv13'],
  [DTLS10, 'DTLSv10'],
  [DTLS12, 'DTLSv12'],
  [DTLS13, 'DTLSv13'],
]);

/** The version as Suricata writes it (`TLSv1`, `TLS 1.2`, `TLS 1.3 draft-18`); undefined is `UNDETERMINED`. */
export function eveVersion(version: number | undefined): string {
  if (version === undefined) return 'UNDETERMINED';
  const name = EVE_NAMES.get(version);
  if (name !== undefined) return name;
  if (version >= DRAFT_16 && version <= DRAFT_28) return `TLS 1.3 draft-${version & 0xff}`;
  if (FACEBOOK_DRAFTS.has(version)) return `TLS 1.3 draft-${version & 0xff}-fb`;
  return `${version}`;
}

/** The version as Zeek writes it (`TLSv12`, `TLSv13-draft23`). */
export function zeekVersion(version: number): string {
  const name = ZEEK_NAMES.get(version);
  if (name !== undefined) return name;
  if (version >>> 8 === 0x7f) return `TLSv13-draft${version & 0xff}`;
  return `unknown-${version}`;
}

/** True for TLS 1.3 and DTLS 1.3 and their drafts: what follows the ServerHello is encrypted. */
export function isTls13(version: number): boolean {
  return version === TLS13 || version === DTLS13 || version >>> 8 === 0x7f || FACEBOOK_DRAFTS.has(version);
}

/** True for a version that a TLS record or hello may carry (not SSLv2). */
export function isKnownTlsVersion(version: number): boolean {
  return (version >= SSL3 && version <= TLS12) || isTls13(version);
}
