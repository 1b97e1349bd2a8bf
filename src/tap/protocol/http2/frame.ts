/** Frames of HTTP/2 (RFC 9113 sections 4.1 and 6): offsets, types, flags and the names that EVE gives to codes. */

/** Length (3), type, flags, stream identifier (4). */
export const FRAME_HEADER_BYTES = 9;
export const TYPE_OFFSET = 3;
export const FLAGS_OFFSET = 4;
export const STREAM_OFFSET = 5;

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const WITH_PRIORITY = 0x20;

/** What a client sends first (RFC 9113 section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const SETTINGS_HEADER_TABLE_SIZE = 1;
/** Bytes of one setting. */
export const SETTING_BYTES = 6;

/** Identifiers of settings from 1 (RFC 9113 section 6.5.2), as EVE writes them. */
const SETTING_NAMES = [
  'SETTINGSHEADERTABLESIZE',
  'SETTINGSENABLEPUSH',
  'SETTINGSMAXCONCURRENTSTREAMS',
  'SETTINGSINITIALWINDOWSIZE',
  'SETTINGSMAXFRAMESIZE',
  'SETTINGSMAXHEADERLISTSIZE',
];

/** EVE's name of a setting; undefined for those that Suricata does not know. */
export function settingName(id: number): string | undefined {
  return SETTING_NAMES[id - 1];
}

/** Error codes from 0 (RFC 9113 section 7), as EVE writes them. */
const ERROR_NAMES = [
  'NOERROR',
  'PROTOCOLERROR',
  'INTERNALERROR',
  'FLOWCONTROLERROR',
  'SETTINGSTIMEOUT',
  'STREAMCLOSED',
  'FRAMESIZEERROR',
  'REFUSEDSTREAM',
  'CANCEL',
  'COMPRESSIONERROR',
  'CONNECTERROR',
  'ENHANCEYOURCALM',
  'INADEQUATESECURITY',
  'HTTP11REQUIRED',
];

/** EVE's name of an error code; the number where it has none. */
export function errorName(code: number): string {
  return ERROR_NAMES[code] ?? String(code);
}
