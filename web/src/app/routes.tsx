import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { ApiError } from '../data/api-error.ts';
import { queryClient } from '../data/queries.ts';
import { sessionQuery } from '../data/session.ts';
import { FailedPage, MissingPage, PendingPage, UnfetchedPage } from './fallback-pages.tsx';
import { type PageSearch, parseSearch, stringifySearch } from './search.ts';
import { Shell } from './shell.tsx';

/** A page that is fetched when it is needed. */
function fetched<Name extends string>(
  fetch: () => Promise<Readonly<Record<Name, ComponentType>>>,
  name: Name,
) {
  return lazyRouteComponent(
    // The router would load the whole console again, which ends it while the server is away.
    () =>
      fetch().catch((error: unknown) => {
        throw new UnfetchedPage(error);
      }),
    name,
  );
}

const root = createRootRoute({
  component: Outlet,
  validateSearch: (search: Record<string, unknown>) => search as PageSearch,
});

/** Nobody comes further without a session. */
const guarded = createRoute({
  getParentRoute: () => root,
  id: 'guarded',
  component: Outlet,
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      throw redirect({ to: '/login', search: { next: location.href } });
    }
  },
});

const shell = createRoute({ getParentRoute: () => guarded, id: 'shell', component: Shell });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: fetched(() => import('../pages/login/login-page.tsx'), 'LoginPage'),
});

const panel = createRoute({
  getParentRoute: () => guarded,
  path: '/panel',
  component: fetched(() => import('../pages/panel/panel-page.tsx'), 'PanelPage'),
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: fetched(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});

const timeline = createRoute({
  getParentRoute: () => shell,
  path: '/timeline',
  component: fetched(() => import('../pages/timeline/timeline-page.tsx'), 'TimelinePage'),
});

const flows = createRoute({
  getParentRoute: () => shell,
  path: '/flows',
  component: fetched(() => import('../pages/flows/flows-page.tsx'), 'FlowsPage'),
});

const requests = createRoute({
  getParentRoute: () => shell,
  path: '/requests',
  component: fetched(() => import('../pages/requests/requests-page.tsx'), 'RequestsPage'),
});

const lan = createRoute({
  getParentRoute: () => shell,
  path: '/lan',
  component: fetched(() => import('../pages/lan/lan-page.tsx'), 'LanPage'),
});

const decisions = createRoute({
  getParentRoute: () => shell,
  path: '/decisions',
  component: fetched(() => import('../pages/decisions/decisions-page.tsx'), 'DecisionsPage'),
});

const scenarios = createRoute({
  getParentRoute: () => shell,
  path: '/scenarios',
  component: fetched(() => import('../pages/scenarios/scenarios-page.tsx'), 'ScenariosPage'),
});

const waf = createRoute({
  getParentRoute: () => shell,
  path: '/waf',
  component: fetched(() => import('../pages/waf/waf-page.tsx'), 'WafPage'),
});

const captures = createRoute({
  getParentRoute: () => shell,
  path: '/captures',
  component: fetched(() => import('../pages/captures/captures-page.tsx'), 'CapturesPage'),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: fetched(() => import('../pages/settings/settings-page.tsx'), 'SettingsPage'),
});

/** The router of the console: each page is fetched when it is gone to, or when a link to it is pointed at. */
export const router = createRouter({
  routeTree: root.addChildren([
    login,
    guarded.addChildren([
      panel,
      shell.addChildren([
        overview,
        timeline,
        flows,
        requests,
        lan,
        decisions,
        scenarios,
        waf,
        captures,
        settings,
      ]),
    ]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: PendingPage,
  defaultPendingMs: 300,
  defaultErrorComponent: FailedPage,
  defaultNotFoundComponent: MissingPage,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
