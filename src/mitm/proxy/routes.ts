import { type Origin, parseOrigin } from './origin.ts';

/** Requests for a host and a path go to a server. */
export interface RouteOptions {
  /** `example.org`, `*.example.org` (any name below it), or `*`; without a port. By default `*`. */
  readonly host?: string | undefined;
  /** Whole segments of the path: `/app` is `/app` and `/app/x`, not `/apple`. By default `/`. */
  readonly path?: string | undefined;
  /** `http://host:port` or `https://host:port`. */
  readonly to: string;
  /** What the server gets as Host: what the client sent, or its own name. By default `keep`. */
  readonly hostField?: 'keep' | 'origin' | undefined;
}

/** Where a request goes. */
export interface Route {
  readonly origin: Origin;
  readonly keepsHost: boolean;
}

interface PathRoute {
  readonly prefix: string;
  readonly route: Route;
}

/** The table of routes: an exact host first, then the longest `*.` pattern, then `*`; of one host the longest path. */
export class Routes {
  private readonly exact = new Map<string, PathRoute[]>();
  private readonly below = new Map<string, PathRoute[]>();
  private readonly any: PathRoute[] = [];

  /** RangeError for a route that cannot be read or stands there twice. */
  constructor(options: readonly RouteOptions[]) {
    for (const option of options) this.add(option);
    for (const table of [this.any, ...this.exact.values(), ...this.below.values()]) {
      table.sort((a, b) => b.prefix.length - a.prefix.length);
    }
  }

  /** Every origin that a request can be sent to. */
  origins(): Origin[] {
    const tables = [this.any, ...this.exact.values(), ...this.below.values()];
    return tables.flatMap((table) => table.map(({ route }) => route.origin));
  }

  /** The route of a request. `host` is that of the Host field, with or without a port; `target` in origin form. */
  find(host: string, target: string): Route | undefined {
    if (this.exact.size > 0 || this.below.size > 0) {
      const name = hostName(host);
      const exact = this.exact.get(name);
      const found = exact === undefined ? undefined : ofPath(exact, target);
      if (found !== undefined) return found;
      if (this.below.size > 0) {
        for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
          const table = this.below.get(name.slice(dot + 1));
          const route = table === undefined ? undefined : ofPath(table, target);
          if (route !== undefined) return route;
        }
      }
    }
    return ofPath(this.any, target);
  }

  private add(option: RouteOptions): void {
    const host = (option.host ?? '*').toLowerCase();
    const prefix = option.path ?? '/';
    const origin = parseOrigin(option.to);
    if (origin === undefined) {
      throw new RangeError(
        `route to ${option.to}: write http://host:port or https://host:port, without a path`,
      );
    }
    if (!prefix.startsWith('/') || /[?#\s]/.test(prefix)) {
      throw new RangeError(`route to ${option.to}: path ${prefix} does not begin with / or is no path`);
    }
    const table = this.tableOf(host);
    if (table === undefined)
      throw new RangeError(`route to ${option.to}: host ${host} is no name, *.name or *`);
    const trimmed = prefix.replace(/\/+$/, '');
    if (table.some((entry) => entry.prefix === trimmed)) {
      throw new RangeError(`route to ${option.to}: there is another for host ${host} and path ${prefix}`);
    }
    table.push({ prefix: trimmed, route: { origin, keepsHost: option.hostField !== 'origin' } });
  }

  private tableOf(host: string): PathRoute[] | undefined {
    if (host === '*') return this.any;
    const pattern = host.startsWith('*.');
    const name = pattern ? host.slice(2) : host;
    if (!/^[a-z0-9_.:-]{1,253}$/.test(name)) return undefined;
    const tables = pattern ? this.below : this.exact;
    let table = tables.get(name);
    if (table === undefined) {
      table = [];
      tables.set(name, table);
    }
    return table;
  }
}

/** The name alone, in lower case: without port, brackets and the dot of the root. */
function hostName(host: string): string {
  let name = host.toLowerCase();
  if (name.startsWith('[')) name = name.slice(1, name.indexOf(']'));
  else {
    const colon = name.indexOf(':');
    if (colon >= 0) name = name.slice(0, colon);
  }
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function ofPath(table: readonly PathRoute[], target: string): Route | undefined {
  for (const { prefix, route } of table) {
    if (prefix.length === 0) return route;
    if (!target.startsWith(prefix)) continue;
    const next = target.charCodeAt(prefix.length);
    // The end, a slash or a question mark.
    if (Number.isNaN(next) || next === 0x2f || next === 0x3f) return route;
  }
  return undefined;
}
