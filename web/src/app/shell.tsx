import './shell.css';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { AddressSearch } from './address-search.tsx';
import { type Command, CommandDialog, KeysDialog } from './command-dialog.tsx';
import { ThemeMenu, UserMenu } from './header-menus.tsx';
import { NAVIGATION } from './navigation.ts';
import { BottomNavigation, PageKey, SideNavigation } from './navigation-links.tsx';
import { useShortcut, useShortcutKeys } from './shortcuts.ts';
import { StreamState } from './stream-state.tsx';
import { setTheme } from './theme.ts';

/** What stands around every page: navigation, header, keys. */
export function Shell() {
  const navigate = useNavigate();
  const [commandsOpen, setCommandsOpen] = useState(false);
  const [keysOpen, setKeysOpen] = useState(false);
  useShortcutKeys();
  useShortcut('?', 'Show the keys', () => setKeysOpen(true));
  useShortcut('Ctrl k', 'Go to a page, an action, an address', () => setCommandsOpen(true));
  const commands = useMemo<readonly Command[]>(
    () => [
      ...NAVIGATION.map((item) => ({
        name: item.label,
        keys: `g ${item.key}`,
        run: () => void navigate({ to: item.to }),
      })),
      { name: 'Control panel', run: () => void navigate({ to: '/panel' }) },
      { name: 'Reference of the API', run: () => location.assign('/api/reference') },
      { name: 'Theme: light', run: () => setTheme('light') },
      { name: 'Theme: dark', run: () => setTheme('dark') },
      { name: 'Theme: as the system', run: () => setTheme('system') },
      { name: 'Show the keys', keys: '?', run: () => setKeysOpen(true) },
    ],
    [navigate],
  );
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        To the content
      </a>
      {NAVIGATION.map((item) => (
        <PageKey key={item.to} item={item} go={(to) => void navigate({ to })} />
      ))}
      <header className="shell-header">
        <Link to="/" className="brand" aria-label="weir, overview">
          <img src="/icon.svg" width={22} height={22} alt="" />
          <span>weir</span>
        </Link>
        <AddressSearch />
        <div className="shell-tools">
          <StreamState />
          <ThemeMenu />
          <UserMenu showKeys={() => setKeysOpen(true)} />
        </div>
      </header>
      <SideNavigation />
      <main id="content" className="shell-main" tabIndex={-1}>
        <Outlet />
      </main>
      <BottomNavigation />
      <CommandDialog
        open={commandsOpen}
        onClose={() => setCommandsOpen(false)}
        commands={commands}
        lookUp={(address) => void navigate({ to: '/timeline', search: { address } })}
      />
      <KeysDialog open={keysOpen} onClose={() => setKeysOpen(false)} />
    </div>
  );
}
