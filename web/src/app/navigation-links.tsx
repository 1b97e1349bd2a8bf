import { Link } from '@tanstack/react-router';
import { Icon } from '../design/icon.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { BEHIND_MORE, BOTTOM_BAR, NAVIGATION, type NavigationItem } from './navigation.ts';
import { useShortcut } from './shortcuts.ts';

function PageLink({ item }: { readonly item: NavigationItem }) {
  return (
    <Link
      to={item.to}
      className="navigation-link"
      activeOptions={{ exact: item.to === '/', includeSearch: false }}
      title={`${item.label} (g ${item.key})`}
    >
      <Icon name={item.icon} />
      <span>{item.label}</span>
    </Link>
  );
}

/** The pages at the side of wide screens. */
export function SideNavigation() {
  return (
    <nav className="side-navigation" aria-label="Pages">
      {NAVIGATION.map((item) => (
        <PageLink key={item.to} item={item} />
      ))}
      <div className="navigation-foot">
        <a className="navigation-link" href="/panel" title="The control panel, for embedding">
          <Icon name="panel" />
          <span>Panel</span>
        </a>
        <a className="navigation-link" href="/api/reference" title="The reference of the API">
          <Icon name="reference" />
          <span>API</span>
        </a>
      </div>
    </nav>
  );
}

/** The pages at the bottom of phones. */
export function BottomNavigation() {
  return (
    <nav className="bottom-navigation" aria-label="Pages">
      {BOTTOM_BAR.map((item) => (
        <PageLink key={item.to} item={item} />
      ))}
      <Menu
        trigger={
          <button type="button" className="navigation-link">
            <Icon name="more" />
            <span>More</span>
          </button>
        }
        align="end"
        side="top"
      >
        {BEHIND_MORE.map((item) => (
          <MenuItem key={item.to} icon={item.icon} link={<Link to={item.to} />}>
            {item.label}
          </MenuItem>
        ))}
        <MenuItem icon="panel" link={<Link to="/panel" />}>
          Panel
        </MenuItem>
      </Menu>
    </nav>
  );
}

/** Makes one key sequence work. */
export function PageKey({ item, go }: { readonly item: NavigationItem; readonly go: (to: string) => void }) {
  useShortcut(`g ${item.key}`, `Go to ${item.label}`, () => go(item.to));
  return null;
}
