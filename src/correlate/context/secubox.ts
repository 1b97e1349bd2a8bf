import { timeText } from '../../event/index.ts';
import type { AddressState } from './address-state.ts';
import type { AddressAround } from './around.ts';

/** The context of a correlation as SecuBox's file has it: the latest of each, the newest last. */
export interface SecuboxContext {
  readonly mitm_requests: readonly {
    readonly method: string;
    readonly host: string;
    readonly path: string;
    readonly status: string;
  }[];
  readonly dpi_flows: readonly {
    readonly timestamp: string;
    readonly local_ip: string;
    readonly other_ip: string;
    readonly other_port: number;
    readonly detected_protocol: string;
    readonly detected_app: string;
    readonly bytes: number;
  }[];
  readonly waf_alerts: readonly {
    readonly timestamp: string;
    readonly client_ip: string;
    readonly host: string;
    readonly path: string;
    readonly method: string;
    readonly threat_score: number;
    readonly categories: readonly string[];
    readonly blocked: boolean;
    readonly rule: string;
  }[];
}

/** As many as SecuBox gives. */
const MOST_REQUESTS = 10;
const MOST_FLOWS = 5;
const MOST_ALERTS = 10;

/** The context of an address, of lists with the newest last; empty lists where nothing is known. */
export function secuboxContext(
  state: AddressAround | Pick<AddressState, 'address' | 'requests' | 'flows' | 'matches'> | undefined,
): SecuboxContext {
  if (state === undefined) return { mitm_requests: [], dpi_flows: [], waf_alerts: [] };
  return {
    mitm_requests: (state.requests ?? []).slice(-MOST_REQUESTS).map(({ method, host, path, status }) => ({
      method,
      host,
      path,
      status: status === 0 ? '' : String(status),
    })),
    dpi_flows: (state.flows ?? []).slice(-MOST_FLOWS).map((flow) => ({
      timestamp: timeText(flow.timeUs),
      local_ip: state.address,
      other_ip: flow.peer,
      other_port: flow.port,
      detected_protocol: flow.protocol,
      detected_app: flow.application,
      bytes: flow.bytesSent + flow.bytesReceived,
    })),
    waf_alerts: (state.matches ?? []).slice(-MOST_ALERTS).map((match) => ({
      timestamp: timeText(match.timeUs),
      client_ip: state.address,
      host: match.host,
      path: match.path,
      method: match.method,
      threat_score: Math.min(100, 5 * match.score),
      categories: match.category === '' ? [] : [match.category],
      blocked: match.action !== 'pass',
      rule: match.message || String(match.ruleId),
    })),
  };
}
