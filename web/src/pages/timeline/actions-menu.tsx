import { useState } from 'react';
import { apiUrl } from '../../data/client.ts';
import { useMay } from '../../data/session.ts';
import { DecideDialog, type DecideWish, ExceptDialog } from '../../deciding/index.ts';
import { IconButton, Menu, MenuItem, MenuLabel, MenuSeparator } from '../../design/index.ts';
import type { Correlation, Incident } from './answers.ts';
import { download } from './download.ts';
import { MarkDialog } from './mark-dialog.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import { ResetDialog } from './reset-dialog.tsx';
import { inPath, isRule } from './story.ts';

/** Addresses of an incident for which decisions are offered. */
const MOST_ADDRESSES = 4;

/** What ActionsMenu takes. */
export interface ActionsMenuProps {
  /** Whom it is about; the first is meant where one alone can be. */
  readonly addresses: readonly string[];
  readonly correlation?: Correlation;
  readonly incident?: Incident;
}

type Opened =
  | { readonly dialog: 'decide'; readonly wish: DecideWish }
  | { readonly dialog: 'mark'; readonly as: 'true' | 'false' }
  | { readonly dialog: 'except' | 'replay' | 'reset' };

/** Everything that can be done about an address, a piece of evidence or an incident; what the role allows. */
export function ActionsMenu({ addresses, correlation, incident }: ActionsMenuProps) {
  const [opened, setOpened] = useState<Opened>();
  const mayAct = useMay('operator');
  const maySend = useMay('admin');
  const close = () => setOpened(undefined);
  const address = addresses[0] ?? '';
  const reason = correlation?.reason ?? incident?.title ?? '';
  const decideAbout = (type: DecideWish['type'], value: string) =>
    setOpened({ dialog: 'decide', wish: { type, value, reason } });
  return (
    <>
      <Menu
        align="end"
        trigger={
          <IconButton icon="more" label={`Actions: ${correlation?.reason ?? incident?.title ?? address}`} />
        }
      >
        {mayAct && (
          <>
            <MenuLabel>{address}</MenuLabel>
            {addresses.slice(0, MOST_ADDRESSES).map((one) => (
              <MenuItem key={one} icon="block" danger onClick={() => decideAbout('ban', one)}>
                {addresses.length > 1 ? `Ban ${one} …` : 'Ban …'}
              </MenuItem>
            ))}
            <MenuItem icon="pause" onClick={() => decideAbout('throttle', address)}>
              Throttle …
            </MenuItem>
            <MenuItem icon="user" onClick={() => decideAbout('captcha', address)}>
              Captcha …
            </MenuItem>
            <MenuItem icon="check" onClick={() => decideAbout('allow', address)}>
              Allow …
            </MenuItem>
            <MenuSeparator />
            {correlation !== undefined && correlation.id !== '' && (
              <>
                <MenuItem icon="close" onClick={() => setOpened({ dialog: 'mark', as: 'false' })}>
                  Mark as false alarm …
                </MenuItem>
                <MenuItem icon="warning" onClick={() => setOpened({ dialog: 'mark', as: 'true' })}>
                  Mark as right …
                </MenuItem>
              </>
            )}
            <MenuItem icon="filter" onClick={() => setOpened({ dialog: 'except' })}>
              Make an exception …
            </MenuItem>
            {maySend && (
              <MenuItem icon="play" onClick={() => setOpened({ dialog: 'replay' })}>
                Replay its requests …
              </MenuItem>
            )}
            <MenuItem icon="refresh" onClick={() => setOpened({ dialog: 'reset' })}>
              Reset its reputation …
            </MenuItem>
            <MenuSeparator />
          </>
        )}
        <MenuLabel>Export</MenuLabel>
        {(correlation ?? incident) !== undefined && (
          <MenuItem
            icon="download"
            onClick={() =>
              download(
                `weir-${incident === undefined ? 'evidence' : 'incident'}-${(incident ?? correlation)?.id}.json`,
                incident ?? correlation,
              )
            }
          >
            This as JSON
          </MenuItem>
        )}
        {(['ndjson', 'csv'] as const).map((format) => (
          <MenuItem
            key={format}
            icon="download"
            link={
              <a
                href={apiUrl('/records', { address, since: '7d', format })}
                download={`weir-${address}.${format}`}
                aria-label={`Records of ${address} of 7 days as ${format}`}
              />
            }
          >
            Records of 7 days as {format.toUpperCase()}
          </MenuItem>
        ))}
        {mayAct && correlation !== undefined && correlation.communityId !== '' && (
          <MenuItem
            icon="download"
            link={
              <a
                href={apiUrl(`/flows/${inPath(correlation.communityId)}/packets`)}
                download
                aria-label="pcapng"
              />
            }
          >
            Packets of the flow (pcapng)
          </MenuItem>
        )}
      </Menu>
      <DecideDialog wish={opened?.dialog === 'decide' ? opened.wish : undefined} onClose={close} />
      {correlation !== undefined && (
        <MarkDialog
          correlation={correlation}
          as={opened?.dialog === 'mark' ? opened.as : undefined}
          onClose={close}
        />
      )}
      <ExceptDialog
        match={opened?.dialog === 'except' ? matchOf(address, correlation) : undefined}
        onClose={close}
      />
      {opened?.dialog === 'replay' && (
        <ReplayDialog address={address} reference={correlation?.reference ?? ''} onClose={close} />
      )}
      <ResetDialog address={address} open={opened?.dialog === 'reset'} onClose={close} />
    </>
  );
}

/** The narrowest exception that is for a piece of evidence. */
function matchOf(address: string, correlation: Correlation | undefined) {
  if (correlation === undefined) return { address };
  const { source, host, path } = correlation;
  return {
    address,
    ...(host === '' ? {} : { host }),
    ...(path === '' ? {} : { path }),
    ...(source === '' ? {} : isRule(source) ? { ruleId: source } : { scenario: source }),
  };
}
