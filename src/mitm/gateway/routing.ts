import { parseOrigin, type RouteOptions } from '../proxy/index.ts';
import { GatewayError, type GatewayOptions } from './options.ts';

/** The routes of the reverse proxy: those by host and path, and where all else goes. Throws a {@link GatewayError}. */
export function routesOf({ reverse }: GatewayOptions): readonly RouteOptions[] {
  const routes = reverse.routes.map(routeOf);
  if (reverse.to !== '') routes.push({ to: checkedOrigin('web.reverse.to', reverse.to) });
  if (routes.length === 0) {
    throw new GatewayError(
      'the reverse proxy has nowhere to send requests: name an origin such as http://127.0.0.1:3000',
    );
  }
  return routes;
}

/** `HOST/PATH=ORIGIN`; the host may be left out (`/api=...`), and so may the path. */
function routeOf(text: string): RouteOptions {
  const at = text.indexOf('=');
  const where = text.slice(0, Math.max(0, at));
  const slash = where.indexOf('/');
  const host = slash < 0 ? where : where.slice(0, slash);
  const to = checkedOrigin(`route ${text}`, text.slice(at + 1));
  return {
    ...(host === '' ? {} : { host }),
    ...(slash < 0 ? {} : { path: where.slice(slash) }),
    to,
  };
}

function checkedOrigin(option: string, text: string): string {
  const origin = parseOrigin(text);
  if (origin === undefined) {
    throw new GatewayError(`${option}: '${text}' is no origin: write http://host:port or https://host`);
  }
  return origin.text;
}
