import './design/tokens.css';
import './design/base.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { router } from './app/routes.tsx';
import { whenUnauthorised } from './data/client.ts';
import { queryClient } from './data/queries.ts';
import { forgetSession } from './data/session.ts';
import { Toasts } from './design/toast.tsx';

whenUnauthorised(() => {
  if (router.state.location.pathname === '/login') return;
  forgetSession();
  void router.navigate({ to: '/login', search: { next: router.state.location.href } });
});

const place = document.getElementById('root');
if (place === null) throw new Error('index.html has no element "root"');
createRoot(place).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
