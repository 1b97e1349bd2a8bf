import { useNavigate } from '@tanstack/react-router';
import { logout, useSession } from '../data/session.ts';
import { IconButton } from '../design/button.tsx';
import type { IconName } from '../design/icon.tsx';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../design/menu.tsx';
import { toast } from '../design/toast.tsx';
import { setTheme, type Theme, useTheme } from './theme.ts';

const THEMES: readonly { readonly theme: Theme; readonly label: string; readonly icon: IconName }[] = [
  { theme: 'system', label: 'As the system', icon: 'system' },
  { theme: 'light', label: 'Light', icon: 'sun' },
  { theme: 'dark', label: 'Dark', icon: 'moon' },
];

/** Chooses light, dark, or what the system prefers. */
export function ThemeMenu() {
  const chosen = useTheme();
  const icon = THEMES.find(({ theme }) => theme === chosen)?.icon ?? 'system';
  return (
    <Menu trigger={<IconButton icon={icon} label="Theme" />} align="end">
      {THEMES.map(({ theme, label }) => (
        <MenuItem
          key={theme}
          {...(theme === chosen ? { icon: 'check' } : {})}
          onClick={() => setTheme(theme)}
        >
          {label}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** Says who one is and what one may, and ends the session. */
export function UserMenu({ showKeys }: { readonly showKeys: () => void }) {
  const session = useSession();
  const navigate = useNavigate();
  const leave = () =>
    logout().then(
      () => navigate({ to: '/login' }),
      (error: unknown) =>
        toast({
          title: 'Still logged in',
          text: error instanceof Error ? error.message : String(error),
          tone: 'danger',
        }),
    );
  return (
    <Menu trigger={<IconButton icon="user" label="User" />} align="end">
      {session !== undefined && (
        <MenuLabel>
          {session.principal.name}, {session.principal.role}
        </MenuLabel>
      )}
      {session !== undefined && <MenuLabel>weir {session.version}</MenuLabel>}
      <MenuSeparator />
      <MenuItem icon="keys" keys="?" onClick={showKeys}>
        Keys
      </MenuItem>
      <MenuItem icon="reference" onClick={() => location.assign('/api/reference')}>
        Reference of the API
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon="left" onClick={() => void leave()}>
        Log out
      </MenuItem>
    </Menu>
  );
}
