import { Network } from '../network.ts';
import { bansOf, gatewayWeirReport, type LabWeirReport } from './gateway-weir.ts';
import { addressesOf, type Host, hostsOf } from './hosts.ts';
import { withInterrupt } from './interrupt.ts';
import { renderDuration, renderHosts, renderTable } from './render.ts';
import { type Answer, askServices, type Service, services } from './services.ts';
import { busyProcess, isAnythingThere, isWhole, type Lab, labOf, readState } from './state.ts';

/** Of services that weir keeps apart from who would ask them. */
const NOT_ASKED: Answer = { answers: false, milliseconds: 0, detail: 'banned by weir' };

/** What is known of a service that was asked. */
interface ServiceReport
  extends Pick<Service, 'name' | 'host' | 'address' | 'port' | 'transport' | 'program'>,
    Answer {
  /** Whether weir has banned who asks, or who answers: then it was not asked. */
  readonly banned: boolean;
}

/** What `weir lab status --json` prints. */
export interface StatusReport {
  readonly name: string;
  /** `broken`: there is something, but no whole lab. */
  readonly state: 'up' | 'building' | 'removing' | 'broken' | 'down';
  /** ISO 8601; absent when nothing is there. */
  readonly since?: string;
  readonly seconds?: number;
  readonly hosts: readonly Host[];
  readonly services: readonly ServiceReport[];
  /** The weir on its gateway; absent where none was started. */
  readonly weir?: LabWeirReport;
}

/** Says what is there and what answers: each service is asked once. Exit code 0: the lab is up and all answer. */
export async function status(name: string, json: boolean): Promise<number> {
  const report = await withInterrupt((signal) => examine(labOf(name), signal));
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderStatus(report));
  const isWell = report.services.every(({ answers, banned }) => answers || banned);
  return report.state === 'up' && isWell && report.weir?.running !== false ? 0 : 1;
}

async function examine(lab: Lab, signal: AbortSignal): Promise<StatusReport> {
  const { name } = lab;
  const state = readState(lab);
  const nothing = { name, hosts: [], services: [] };
  if (busyProcess(state) !== undefined) return { ...nothing, state: state?.phase ?? 'broken' };
  if (state?.phase !== 'up' || !isWhole(lab)) {
    return { ...nothing, state: isAnythingThere(lab) ? 'broken' : 'down' };
  }
  // Before the services are asked: what asks them is not what runs in the lab.
  const hosts = hostsOf(lab);
  const list = services(lab.folder);
  const weir = await gatewayWeirReport(lab.folder);
  const isBanned = ({ from, host }: Service): boolean =>
    bansOf(weir?.bans ?? [], addressesOf(hosts, from, host)).length > 0;
  // Who is kept apart would be waited for in vain.
  const asked = list.filter((service) => !isBanned(service));
  const net = new Network({ prefix: lab.prefix, folder: lab.folder, signal });
  const answers = new Map((await askServices(net, asked)).map((answer, index) => [asked[index], answer]));
  return {
    name,
    state: 'up',
    since: state.since,
    seconds: Math.round((Date.now() - Date.parse(state.since)) / 1000),
    hosts,
    services: list.map((service) => {
      const { name, host, address, port, transport, program } = service;
      const answer = answers.get(service) ?? NOT_ASKED;
      return { name, host, address, port, transport, program, ...answer, banned: answer === NOT_ASKED };
    }),
    ...(weir === undefined ? {} : { weir }),
  };
}

function renderStatus(report: StatusReport): string {
  if (report.state === 'down') return "No lab is up: 'weir lab up' builds one.\n";
  if (report.state === 'broken') {
    return "Of the lab something is left over: 'weir lab up' builds it anew, 'weir lab down' removes it.\n";
  }
  if (report.state !== 'up')
    return `The lab is ${report.state === 'building' ? 'being built' : 'being removed'}.\n`;
  const silent = report.services.filter(({ answers, banned }) => !answers && !banned).length;
  const banned = report.services.filter((service) => service.banned).length;
  const verdict =
    (silent === 0 ? 'all of them answer' : `${silent} do not answer`) +
    (banned === 0 ? '' : `, but for ${banned} that weir keeps apart`);
  const head = `The lab is up for ${renderDuration(report.seconds ?? 0)}: ${report.services.length} services, ${verdict}.`;
  const programs = report.hosts.flatMap((host) =>
    host.programs.map(({ pid, command, seconds }) => [
      host.name,
      `${pid}`,
      renderDuration(seconds),
      cut(command),
    ]),
  );
  const services = report.services.map((service) => [
    service.answers ? '✓' : service.banned ? '⊘' : '✗',
    service.name,
    service.host,
    `${service.transport} ${service.address} ${service.port}`,
    service.program,
    service.answers ? `${service.milliseconds} ms` : service.detail,
  ]);
  return [
    renderWeir(report.weir),
    `${head}\n\n`,
    renderHosts(report.hosts),
    '\n',
    renderTable([['', 'SERVICE', 'HOST', 'ADDRESS', 'PROGRAM', 'ANSWER'], ...services]),
    '\n',
    renderTable([['HOST', 'PID', 'RUNS FOR', 'PROGRAM'], ...programs]),
  ].join('');
}

function renderWeir(weir: LabWeirReport | undefined): string {
  if (weir === undefined) return '';
  const states = weir.processes.map(({ name, state }) => `${name} ${state}`);
  const bans = weir.bans.map(({ value, scenario, untilMs }) => {
    return `${value} (${scenario === '' ? 'by hand' : scenario}, for ${renderDuration((untilMs - Date.now()) / 1000)})`;
  });
  return [
    `The console:  ${weir.console}\n`,
    `weir:         ${states.length === 0 ? 'does not answer' : states.join(', ')}\n`,
    bans.length === 0 ? '' : `it bans:      ${bans.join(', ')}\n`,
    '\n',
  ].join('');
}

function cut(command: string): string {
  return command.length > 70 ? `${command.slice(0, 69)}…` : command;
}
