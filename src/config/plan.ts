import type { Configuration } from './configuration.ts';
import { formatDuration, formatSize } from './quantity.ts';

/** The packet ring in memory has blocks of this size. */
const BLOCK = 256 << 10;

/** What weir will do with a configuration, in sentences of one line each. */
export function plan(configuration: Configuration): string[] {
  const { capture, outputs, lan, store, status, privileges, processes } = configuration;
  return [
    captureLine(capture),
    ...(capture.filter === '' ? [] : [`Only packets that match '${capture.filter}' are looked at.`]),
    `The packet ring in memory takes ${formatSize(capture.buffer)}; at most ${capture.flows} flows are alive at once.`,
    capture.progressMs === 0
      ? 'Flows are told at their end only.'
      : `Flows that are open are told a second after they began, then every ${formatDuration(capture.progressMs)}.`,
    ...workerLines(capture),
    ...(capture.critical.length === 0
      ? []
      : [`Under load fewer flows are inspected, but all of ${capture.critical.join(', ')}.`]),
    ringLine(capture),
    outputs.eve.file === ''
      ? 'No EVE file is written.'
      : `EVE records are added to ${outputs.eve.file}${outputs.eve.dnsVersion === 2 ? ', those of DNS in version 2' : ''}.`,
    outputs.zeek.folder === ''
      ? 'No Zeek logs are written.'
      : `Zeek logs go to ${outputs.zeek.folder}${outputs.zeek.json ? ' as JSON' : ''}.`,
    store.enabled
      ? `History is kept in ${store.folder}, at most ${formatSize(store.quota)}: ${retentionWords(store.retentionMs)}.`
      : 'No history is kept.',
    ...webLines(configuration.web),
    ...responseLines(configuration),
    lan.enabled
      ? `Clients of ${lan.networks.length === 0 ? 'no network' : lan.networks.join(', ')} are followed, and forgotten after ${formatDuration(lan.retentionMs)} of silence.`
      : 'Clients of the local network are not followed.',
    status.enabled
      ? `Status files are written to ${status.folder} every ${formatDuration(status.intervalMs)}.`
      : 'No status files are written.',
    `Sensor and hub run as ${privileges.user === 'auto' ? 'nobody' : privileges.user} once they have opened what needs root.`,
    `A process that crashes is started again after ${formatDuration(processes.restart.firstMs)}, then after ever longer, at most ${formatDuration(processes.restart.longestMs)}.`,
  ];
}

function webLines(web: Configuration['web']): string[] {
  if (!web.enabled) return ['Web traffic is not judged.'];
  const { waf, rate, reverse, forward, transparent, haproxy, mitmproxy, buffer } = web;
  const ways = [
    ...[haproxy.socket, haproxy.listen].filter((at) => at !== '').map((at) => `HAProxy asks on ${at}.`),
    ...(mitmproxy.socket === '' ? [] : [`mitmproxy asks on ${mitmproxy.socket}.`]),
    ...(reverse.listen === '' ? [] : [`Requests to ${reverse.listen} go to ${reverse.to || 'the routes'}.`]),
    ...(reverse.listen === '' || reverse.plain === ''
      ? []
      : [
          reverse.certificates.length === 0
            ? `It does not start: web.reverse.plain (${reverse.plain}) is for plain HTTP beside HTTPS, and there are no certificates.`
            : `Plain HTTP to ${reverse.plain} is ${reverse.plainMode === 'redirect' ? 'sent to HTTPS' : 'served as well'}.`,
        ]),
    ...(forward.listen === ''
      ? []
      : [
          `${forward.listen} is a forward proxy that looks ${forward.intercept ? 'into' : 'at no'} TLS.`,
          ...forwardLines(forward),
        ]),
    ...(transparent.listen === ''
      ? []
      : [
          `Connections that the kernel leads to ${transparent.listen} (${transparent.mode}) are judged; it looks ${transparent.intercept ? 'into' : 'at no'} TLS.`,
        ]),
  ];
  if (ways.length === 0)
    return ['Web traffic has no way to weir: no address and no socket is set below web.'];
  const rules = [waf.crs === '' && waf.rules.length === 0 ? "Debian's Core Rule Set" : waf.crs, ...waf.rules];
  return [
    ...ways,
    waf.enabled
      ? `${waf.workers === 1 ? 'One thread judges' : `${waf.workers} threads judge`} requests by ${rules.filter((one) => one !== '').join(', ')} at paranoia level ${waf.paranoia}${waf.mode === 'on' ? '' : ', and only tells of them'}.`
      : 'No rules judge requests.',
    ...(waf.enabled && waf.exclusions.length > 0
      ? [`Rules that take queries for attacks are left out: ${waf.exclusions.join(', ')}.`]
      : []),
    ...(waf.enabled ? policyLines(waf.policies) : []),
    ...(rate.requests === 0
      ? []
      : [`A client may send ${rate.requests} requests in ${formatDuration(rate.perMs)}.`]),
    buffer.enabled
      ? `The last ${buffer.requests} requests are kept in ${buffer.folder}, encrypted, at most ${formatSize(buffer.sizeBytes)} and ${formatDuration(buffer.ageMs)}; the log of what is found in them, ${formatDuration(buffer.findingsAgeMs)}.`
      : 'No requests are kept.',
  ];
}

/** Policies that are named one by one. */
const MOST_POLICIES = 10;

function policyLines(policies: Configuration['web']['waf']['policies']): string[] {
  const lines = policies.slice(0, MOST_POLICIES).map(({ host, path, mode, paranoia, exclude }) => {
    const where = `${host === '' ? 'Every host' : host}${path === '' ? '' : `, ${path}`}`;
    if (mode === 'off') return `${where}: nothing is judged.`;
    const words = [
      ...(mode === 'inherit' ? [] : [mode === 'on' ? 'what the rules deny is denied' : 'nothing is blocked']),
      ...(paranoia === 0 ? [] : [`paranoia level ${paranoia}`]),
      ...(exclude.length === 0
        ? []
        : [`without ${exclude.length > 5 ? `${exclude.length} rules` : exclude.join(', ')}`]),
    ];
    return `${where}: ${words.length === 0 ? 'as everywhere' : words.join(', ')}.`;
  });
  const more = policies.length - lines.length;
  return more > 0 ? [...lines, `${more} more hosts and paths are judged otherwise.`] : lines;
}

/** What is otherwise than by default. */
function forwardLines({ connectPorts, allow }: Configuration['web']['forward']): string[] {
  const ports = connectPorts.join(', ');
  return [
    ...(ports === '443' ? [] : [`It opens tunnels to ${ports === '' ? 'no port' : `the ports ${ports}`}.`]),
    ...(allow.length === 0
      ? []
      : [`Whoever it serves reaches ${allow.join(', ')} through it, although local.`]),
  ];
}

function responseLines({ correlation, respond, web, notifications }: Configuration): string[] {
  const joined = correlation.enabled
    ? 'Both streams are joined: reputation, scenarios and incidents of each address.'
    : 'The streams are not joined.';
  const { mode, autoBan, nftables, xdp, proxy, crowdsec } = respond;
  const { file, webhook, syslog, mail, threshold } = notifications;
  const told = [file, webhook.url, syslog.server, mail.server].filter((one) => one !== '');
  const notified =
    told.length === 0
      ? []
      : [`From a score of ${threshold} on ${told.join(', ')} ${told.length === 1 ? 'is' : 'are'} told.`];
  if (mode === 'off') return [joined, 'No decisions are taken.', ...notified];
  const places = [
    ...(nftables.enabled ? ['nftables'] : []),
    ...(xdp.interfaces.length === 0 ? [] : [`XDP on ${xdp.interfaces.join(', ')}`]),
    ...(proxy.enabled && web.enabled ? ['the ways of web traffic'] : []),
    ...(crowdsec.passwordFile === '' ? [] : ['CrowdSec']),
  ];
  return [
    joined,
    mode === 'observe'
      ? 'Decisions are taken and told of, and not enforced: respond.mode is observe.'
      : `Decisions are enforced by ${places.length === 0 ? 'nothing' : places.join(', ')}.`,
    autoBan.enabled
      ? `A reputation of ${autoBan.threshold} is banned for ${formatDuration(autoBan.durationMs)}, repeaters for longer.`
      : 'Nobody is banned by reputation alone.',
    ...notified,
  ];
}

function captureLine({ interface: name, mirror, snaplen }: Configuration['capture']): string {
  const on = name === 'auto' ? 'the interface of the default route' : name;
  const what = snaplen >= 65535 ? 'Packets' : `The first ${snaplen} bytes of packets`;
  if (mirror.mode === 'software') {
    const source = mirror.source === 'auto' ? 'the interface of the default route' : mirror.source;
    return `tc copies the packets of ${source} to ${name === 'auto' ? 'a device of its own' : name}; they are captured there.`;
  }
  if (mirror.mode === 'hardware') return `${what} are captured on ${on}, where a switch brings copies.`;
  return `${what} are captured on ${on}.`;
}

function workerLines({ workers, buffer, flows }: Configuration['capture']): string[] {
  if (workers === 1) return [];
  const each = `${formatSize(Math.floor(buffer / workers / BLOCK) * BLOCK)} of the packet ring and ${Math.floor(flows / workers)} flows`;
  return [`${workers} sensors share the packets, flow by flow; each has ${each}.`];
}

function ringLine({ ring, workers }: Configuration['capture']): string {
  const { folder, sizeBytes, ageMs, fileBytes } = ring;
  if (folder === '') return 'No packets are kept on disk.';
  const file = Math.floor(Math.min(fileBytes, sizeBytes / workers / 4));
  const place = workers === 1 ? folder : `${folder}/sensor-1 to sensor-${workers}`;
  return `Packets are kept in ${place}, at most ${formatSize(sizeBytes)} and ${formatDuration(ageMs)}, in files of ${formatSize(file)}.`;
}

function retentionWords(retentionMs: Readonly<Record<string, number>>): string {
  const general = retentionMs.default ?? 0;
  const special = Object.entries(retentionMs).filter(([type, ms]) => type !== 'default' && ms !== general);
  const words = special.map(([type, ms]) => `${type} ${formatDuration(ms)}`);
  return [...words, `${special.length === 0 ? 'records' : 'others'} ${formatDuration(general)}`].join(', ');
}
