import type { Finding } from '../../analysis.ts';
import { DistinctCounter } from '../distinct-counter.ts';
import type { Reading } from '../reading.ts';
import { RecentTable } from '../recent-table.ts';
import { hashOf } from '../value-shape.ts';
import { type SequenceLimits, sequence } from './limits.ts';

/** What scanners ask every server for: whole paths and beginnings of paths, in lower case. */
const BEGINNINGS: readonly string[] = [
  '/.aws/',
  '/.ds_store',
  '/.env',
  '/.git/',
  '/.htpasswd',
  '/.hg/',
  '/.ssh/',
  '/.svn/',
  '/.vscode/',
  '/_ignition/',
  '/_profiler',
  '/actuator',
  '/adminer',
  '/autodiscover/',
  '/boaform/',
  '/cgi-bin/',
  '/console/login',
  '/druid/',
  '/ecp/',
  '/elmah.axd',
  '/etc/passwd',
  '/geoserver/',
  '/hnap1',
  '/hudson',
  '/invoker/',
  '/jenkins',
  '/jmx-console',
  '/manager/html',
  '/myadmin',
  '/owa/',
  '/phpinfo',
  '/phpmyadmin',
  '/pma/',
  '/proc/self',
  '/sdk',
  '/server-info',
  '/server-status',
  '/setup.cgi',
  '/solr/',
  '/struts',
  '/telescope/',
  '/vendor/phpunit',
  '/web-inf/',
  '/wp-admin',
  '/wp-config',
  '/wp-content/plugins/',
  '/wp-includes/',
  '/wp-login.php',
  '/xmlrpc.php',
];
/** Endings: copies and dumps that somebody forgot, and shells. */
const ENDINGS: readonly string[] = [
  '.bak',
  '.old',
  '.sql',
  '.sql.gz',
  '.swp',
  '/.env',
  '/.git/config',
  '/.git/head',
  '/backup.tar.gz',
  '/backup.zip',
  '/c99.php',
  '/cmd.php',
  '/config.json',
  '/config.php',
  '/config.yml',
  '/credentials',
  '/database.yml',
  '/docker-compose.yml',
  '/eval-stdin.php',
  '/id_rsa',
  '/r57.php',
  '/shell.php',
  '/web.config',
  '/wlwmanifest.xml',
];
/** By their second and third character, so that a path is compared with few. */
const BEGINNINGS_BY_START = Map.groupBy(BEGINNINGS, (path) => path.slice(1, 3));

/** Points for so many different ones: one may be a mistake, three are none. */
const POINTS: readonly number[] = [0, 20, 45, 60, 65, 70, 75, 80];

/**
 * Clients that go through the paths that scanners know. Only those count that the server does not serve: a site that
 * runs WordPress has its login page.
 */
export class Probes {
  private readonly clients: RecentTable<DistinctCounter>;
  private readonly windowMs: number;

  constructor({ clients, windowMs }: SequenceLimits) {
    this.clients = new RecentTable(clients);
    this.windowMs = 2 * windowMs;
  }

  judge({ path, status, blocked, client, timeMs }: Reading): Finding | undefined {
    if (!(blocked || status >= 400) || !isProbe(path)) return undefined;
    const known = this.clients.take(client, () => new DistinctCounter(this.windowMs, POINTS.length));
    const count = known.add(hashOf(path, 0), timeMs);
    const score = POINTS[Math.min(count, POINTS.length - 1)] ?? 0;
    const what = count === 1 ? 'a path that scanners try' : `${count} different paths that scanners try`;
    return sequence(
      'scanner',
      score,
      `${what}, and that is not served here, within ${Math.round(this.windowMs / 60_000)} minutes`,
    );
  }

  get size(): number {
    return this.clients.size;
  }
}

/** Whether scanners ask every server for a path. */
export function isProbe(path: string): boolean {
  const lower = path.toLowerCase().replace(/^\/{2,}/, '/');
  const beginnings = BEGINNINGS_BY_START.get(lower.slice(1, 3));
  if (beginnings?.some((one) => lower.startsWith(one)) === true) return true;
  return ENDINGS.some((one) => lower.endsWith(one));
}
