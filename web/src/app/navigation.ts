import type { IconName } from '../design/icon.tsx';

/** A page that the navigation leads to. */
export interface NavigationItem {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
  /** The letter after `g` that goes there. */
  readonly key: string;
}

/** The pages in the order of the navigation. */
export const NAVIGATION: readonly NavigationItem[] = [
  { to: '/', label: 'Overview', icon: 'overview', key: 'o' },
  { to: '/timeline', label: 'Timeline', icon: 'timeline', key: 't' },
  { to: '/flows', label: 'Flows', icon: 'flows', key: 'f' },
  { to: '/requests', label: 'Requests', icon: 'requests', key: 'r' },
  { to: '/lan', label: 'LAN', icon: 'lan', key: 'l' },
  { to: '/decisions', label: 'Decisions', icon: 'decisions', key: 'd' },
  { to: '/scenarios', label: 'Scenarios', icon: 'scenarios', key: 's' },
  { to: '/waf', label: 'WAF', icon: 'waf', key: 'w' },
  { to: '/captures', label: 'Captures', icon: 'captures', key: 'c' },
  { to: '/settings', label: 'Settings', icon: 'settings', key: 'e' },
];

/** Those that the bottom bar of a phone shows; the others are behind its last entry. */
export const BOTTOM_BAR: readonly NavigationItem[] = NAVIGATION.slice(0, 4);
/** The rest of them. */
export const BEHIND_MORE: readonly NavigationItem[] = NAVIGATION.slice(4);
