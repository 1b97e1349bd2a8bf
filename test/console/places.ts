/** A page of the console, and what it must show of the demonstration. */
export interface Place {
  readonly path: string;
  /** Of the navigation, and the page's heading. */
  readonly name: string;
  /** The letter after `g`. */
  readonly key: string;
  /** Words of records that must be there: actors of the demonstration, or what it runs with. */
  readonly shows: readonly RegExp[];
}

/** Sends what the WAF denies in the tests; an address for documentation. */
export const ATTACKER = '203.0.113.211';
/** Browses in the demonstration all the time. */
export const VISITOR = '198.51.100.21';
/** The site that is visited. */
export const SITE = 'garden.example.com';

/** All pages, in the order of the navigation. */
export const PLACES: readonly Place[] = [
  { path: '/', name: 'Overview', key: 'o', shows: [/HTTP/, /sqli|SQL/i] },
  { path: '/timeline', name: 'Timeline', key: 't', shows: [new RegExp(ATTACKER)] },
  { path: '/flows', name: 'Flows', key: 'f', shows: [/www\.example\.com/] },
  { path: '/requests', name: 'Requests', key: 'r', shows: [/198\.51\.100\.\d+/, /products/] },
  { path: '/lan', name: 'LAN', key: 'l', shows: [/alice/] },
  { path: '/decisions', name: 'Decisions', key: 'd', shows: [new RegExp(ATTACKER)] },
  { path: '/scenarios', name: 'Scenarios', key: 's', shows: [/weir\/http-scanner-agent/] },
  { path: '/waf', name: 'WAF', key: 'w', shows: [/9\d{5}/] },
  { path: '/captures', name: 'Captures', key: 'c', shows: [/demo-\d+\.pcapng/] },
  { path: '/settings', name: 'Settings', key: 'e', shows: [/capture/] },
];
