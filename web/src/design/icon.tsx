/** Strokes of each icon in a square of 16. */
const PATHS = {
  overview: 'M2 2h5v6H2zM9 2h5v3H9zM9 7h5v7H9zM2 10h5v4H2z',
  timeline: 'M4 2v12M4 4h9M4 8h6M4 12h8',
  flows: 'M2 5h10l-3-3M14 11H4l3 3',
  requests: 'M2 3h12v10H2zM2 6h12M5 9.5h6',
  lan: 'M6 2h4v3H6zM2 11h4v3H2zM10 11h4v3h-4zM8 5v3M4 11V8h8v3',
  decisions: 'M8 1.5l5.5 2v4c0 3.5-2.5 6-5.5 7-3-1-5.5-3.5-5.5-7v-4z',
  scenarios: 'M3 2h10l-1 5a4 4 0 0 1-8 0zM8 11v3M5 14h6',
  waf: 'M2 3h12M2 8h12M2 13h12M5 3v5M11 3v5M8 8v5',
  captures: 'M2 4l1.5-2h9L14 4v10H2zM2 5h12M8 7v4M6 9.5L8 11.5l2-2',
  settings: 'M2 4h6M12 4h2M10 2.5v3M2 12h2M8 12h6M6 10.5v3M2 8h9M11 6.5v3M13 8h1',
  panel: 'M2 3h12v10H2zM8 3v10M2 8h6',
  reference: 'M3 2h8l2 2v10H3zM5.5 6h5M5.5 8.5h5M5.5 11h3',
  search: 'M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2zM10.5 10.5L14 14',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  down: 'M4 6l4 4 4-4',
  up: 'M4 10l4-4 4 4',
  right: 'M6 4l4 4-4 4',
  left: 'M10 4L6 8l4 4',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  user: 'M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8zM2.5 14c.5-3 2.5-4.5 5.5-4.5s5 1.5 5.5 4.5',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  keys: 'M1.5 4h13v8h-13zM4 6.5h.01M6.5 6.5h.01M9 6.5h.01M11.5 6.5h.01M5 9.5h6',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M4.5 2.5v11l9-5.5z',
  download: 'M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11',
  copy: 'M5 5h9v9H5zM11 5V2H2v9h3',
  external: 'M9 2h5v5M14 2L7.5 8.5M12 9v5H2V4h5',
  warning: 'M8 2l6.5 12h-13zM8 6.5v3.5M8 12h.01',
  block: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM3.8 3.8l8.4 8.4',
  refresh: 'M13 3v3.5H9.5M3 13V9.5h3.5M12.5 6.5A5 5 0 0 0 3.8 5M3.5 9.5A5 5 0 0 0 12.2 11',
  filter: 'M2 3h12l-4.5 5.5V13l-3 1V8.5z',
  plus: 'M8 3v10M3 8h10',
  trash: 'M2.5 4h11M6 4V2h4v2M4 4l.7 10h6.6L12 4M6.8 7v4M9.2 7v4',
  edit: 'M2.5 13.5l.5-3L10.5 3 13 5.5 5.5 13zM9 4.5L11.5 7',
  undo: 'M2.5 6h7a4 4 0 0 1 0 8H6M5.5 3l-3 3 3 3',
  info: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.5V11M8 5h.01',
} as const;

/** The names of all icons. */
export type IconName = keyof typeof PATHS;

/** A small drawing beside or instead of a word. Hidden from screen readers: what it stands on needs a name of its own. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
