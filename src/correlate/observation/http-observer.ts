import { addressOf, countOf, type EveRecord, nameOf, objectOf, timeOf } from '../../event/index.ts';
import type { Observation } from '../evidence.ts';
import { nameFeatures } from './dns-name.ts';
import { isExecutable, isVendor } from './download.ts';
import { observation } from './make.ts';
import type { NameAges } from './name-ages.ts';
import { SameRequest } from './same-request.ts';
import { isScannerAgent } from './scanner-agent.ts';

/** Paths and user agents are kept up to this length. */
const LONGEST = 1024;
/** What Suricata's records have in place of a target that was not seen. */
const UNSEEN = '/libhtp::request_uri_not_seen';

/** Extensions of what a page brings with it: asking for many of these is what browsers do. The list is CrowdSec's. */
const STATIC = new Set(
  'jpg css js jpeg png svg map ico otf gif mp3 mp4 woff woff2 ttf eot webp wav gz brotli bvr ts bmp'.split(
    ' ',
  ),
);

/** Paths at which somebody proves who they are. */
const LOGIN = /log-?[io]n|sign-?in|\bauth|wp-login|xmlrpc\.php|\/session|\/token|passw|account\/|admin/i;

/** Observations from requests: of the passive stream, of the active one, and of the WAF. */
export class HttpObserver {
  private readonly same: SameRequest;
  private readonly names: NameAges;

  /** `requests` are remembered until the other stream tells of them; `names` knows since when names are asked for. */
  constructor(requests: number, names: NameAges) {
    this.same = new SameRequest(requests);
    this.names = names;
  }

  get turnedAway(): number {
    return this.same.turnedAway;
  }

  /** Takes an `http` record of either stream; a request that both tell of makes one observation. */
  request(record: EveRecord): readonly Observation[] {
    const request = requestOf(record);
    if (request === undefined) return [];
    const web = objectOf(record.web);
    const made: Observation[] = [];
    const communityId = nameOf(record.community_id) ?? '';
    if (!this.same.isSecond(communityId, request.verb, request.url, web !== undefined)) {
      made.push(httpObservation(record, request, 'http_access-log', {}, {}));
    }
    const action = nameOf(web?.action) ?? 'pass';
    if (action === 'pass' || action === 'redirect') return made;
    const kind = action === 'limit' ? 'http_limited' : 'waf_block';
    const meta = { action, reason: nameOf(web?.reason) ?? '', reference: nameOf(web?.reference) ?? '' };
    return [...made, httpObservation(record, request, kind, meta, { score: countOf(web?.score) ?? 0 })];
  }

  /** Takes a `waf` record: one rule that matched. */
  match(record: EveRecord): readonly Observation[] {
    const request = requestOf(record);
    const waf = objectOf(record.waf);
    if (request === undefined || waf === undefined) return [];
    const meta = {
      rule_id: String(countOf(waf.rule_id) ?? ''),
      category: nameOf(waf.category) ?? '',
      severity: nameOf(waf.severity) ?? '',
      message: nameOf(waf.message) ?? '',
      action: nameOf(waf.action) ?? 'pass',
      reference: nameOf(waf.reference) ?? '',
    };
    const parsed = { score: countOf(waf.score) ?? 0, decided: waf.decided === true };
    return [httpObservation(record, request, 'waf_match', meta, parsed)];
  }

  /** Takes a `fileinfo` record: a program that was fetched over HTTP. The client is who fetched it. */
  file(record: EveRecord): readonly Observation[] {
    const file = objectOf(record.fileinfo);
    const mimetype = nameOf(file?.mimetype);
    const http = objectOf(record.http);
    if (file === undefined || mimetype === undefined || http === undefined || !isExecutable(mimetype))
      return [];
    // The sender of a file is the record's source: for an upload that is the client.
    if (nameOf(http.http_method) !== 'GET') return [];
    const timeUs = timeOf(record.timestamp);
    const address = addressOf(record.dest_ip);
    const target = addressOf(record.src_ip);
    if (timeUs === undefined || address === undefined || target === undefined) return [];
    const host = nameOf(http.hostname) ?? '';
    const bare = host === '' || addressOf(host.replace(/^\[|\]$/g, '')) !== undefined;
    const { domain } = nameFeatures(host);
    const meta = {
      service: 'http',
      target_fqdn: host,
      domain: bare ? '' : domain,
      mimetype,
      sha256: nameOf(file.sha256) ?? '',
      file_name: textOf(file.filename),
    };
    const parsed = {
      bare_address: bare,
      vendor: !bare && isVendor(domain),
      young_name: !bare && this.names.see(domain, timeUs),
      size: countOf(file.size) ?? 0,
    };
    return [observation({ kind: 'download', timeUs, address, target, record, meta, parsed })];
  }
}

interface Request {
  readonly timeUs: number;
  readonly client: string;
  readonly server: string;
  readonly verb: string;
  readonly url: string;
  readonly path: string;
  readonly query: string;
  readonly status: string;
  readonly host: string;
  readonly agent: string;
}

function requestOf(record: EveRecord): Request | undefined {
  const http = objectOf(record.http);
  const timeUs = timeOf(record.timestamp);
  const client = addressOf(record.src_ip);
  const server = addressOf(record.dest_ip);
  const verb = nameOf(http?.http_method);
  const url = textOf(http?.url);
  if (http === undefined || timeUs === undefined || client === undefined || server === undefined)
    return undefined;
  // Frames of a connection of HTTP/2, and answers whose request was not seen.
  if (verb === undefined || url === '' || url === UNSEEN) return undefined;
  const mark = url.indexOf('?');
  return {
    timeUs,
    client,
    server,
    verb,
    url,
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    status: String(countOf(http.status) ?? ''),
    host: nameOf(http.hostname) ?? '',
    agent: textOf(http.http_user_agent),
  };
}

function httpObservation(
  record: EveRecord,
  request: Request,
  kind: string,
  meta: Readonly<Record<string, string>>,
  parsed: Readonly<Record<string, string | number | boolean>>,
): Observation {
  const { path, query, verb, status, host, agent } = request;
  const slash = path.lastIndexOf('/');
  const file = path.slice(slash + 1);
  const dot = file.lastIndexOf('.');
  const extension = dot < 0 ? '' : file.slice(dot);
  return observation({
    kind,
    timeUs: request.timeUs,
    address: request.client,
    target: request.server,
    record,
    // Names and forms are those that CrowdSec's parsers give to a line of an access log.
    meta: {
      service: 'http',
      http_path: path,
      http_status: status,
      http_verb: verb,
      http_user_agent: agent,
      http_args_len: String(query.length),
      target_fqdn: host,
      ...meta,
    },
    parsed: {
      verb,
      request: path,
      http_args: query,
      http_user_agent: agent,
      status,
      target_fqdn: host,
      file_dir: path.slice(0, slash + 1),
      file_frag: dot < 0 ? file : file.slice(0, dot),
      file_ext: extension,
      file_name: file,
      static_ressource: STATIC.has(extension.slice(1).toLowerCase()) ? 'true' : 'false',
      impact_completion: status === '404' || status === '403' || status === '502' ? 'false' : 'true',
      scanner: isScannerAgent(agent),
      login: LOGIN.test(path),
      ...parsed,
    },
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST) : '';
}
