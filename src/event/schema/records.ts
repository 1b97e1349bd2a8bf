import type { Static } from 'typebox';
import { anomaly } from './anomaly.ts';
import { correlation } from './correlation.ts';
import { crowdsec } from './crowdsec.ts';
import { decision } from './decision.ts';
import { dhcp } from './dhcp.ts';
import { dhcpv6 } from './dhcpv6.ts';
import { dns } from './dns.ts';
import { fileinfo } from './fileinfo.ts';
import { flow } from './flow.ts';
import { flowProgress } from './flow-progress.ts';
import { ftp } from './ftp.ts';
import { ftpData } from './ftp-data.ts';
import { http, webHttp } from './http.ts';
import { mdns } from './mdns.ts';
import { netflow } from './netflow.ts';
import { pop3 } from './pop3.ts';
import { quic } from './quic.ts';
import { replay } from './replay.ts';
import { smtp } from './smtp.ts';
import { ssh } from './ssh.ts';
import { stats } from './stats.ts';
import { tls } from './tls.ts';
import { tlsHello } from './tls-hello.ts';
import { waf } from './waf.ts';

/**
 * The schema of every EVE record that weir writes, by `event_type`; `http` has two. The writers do not import it: it says what they
 * do, for tests, documentation and whoever reads the records.
 */
export const RECORDS = {
  flow,
  flow_progress: flowProgress,
  netflow,
  http,
  /** `http` too: records of the active stream, which have a `web`. */
  web_http: webHttp,
  waf,
  tls,
  tls_hello: tlsHello,
  quic,
  dns,
  mdns,
  ssh,
  dhcp,
  dhcpv6,
  smtp,
  ftp,
  ftp_data: ftpData,
  pop3,
  fileinfo,
  anomaly,
  stats,
  correlation,
  decision,
  crowdsec,
  replay,
} as const;

/** `event_type` of a record; `web_http` for those of the active stream. */
export type EventType = keyof typeof RECORDS;

/** A record of one type. */
export type EveRecord<T extends EventType> = Static<(typeof RECORDS)[T]>;
