import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Configuration, endpointOf, VERSION } from '../../config/index.ts';
import { type ChannelSettings, Notifier, NotifyError } from '../../respond/notify/index.ts';
import { StartError } from '../privileges.ts';
import { reasonOf } from './member.ts';

/** Secrets of the channels, which only root may be able to read. */
export interface ChannelSecrets {
  readonly webhook: string | undefined;
  readonly mail: string | undefined;
}

/** Reads them; called before rights are given up. Throws {@link StartError}. */
export function channelSecrets({ notifications: { webhook, mail } }: Configuration): ChannelSecrets {
  return { webhook: secretOf(webhook.secretFile), mail: secretOf(mail.passwordFile) };
}

function secretOf(path: string): string | undefined {
  if (path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** The notifier of a configuration; undefined where nobody is to be told. Throws {@link StartError}. */
export function openNotifier(
  { notifications, status }: Configuration,
  secrets: ChannelSecrets,
  told: (line: string) => void,
): Notifier | undefined {
  const { enabled, threshold, perHour, file, webhook, syslog, mail, subject, body } = notifications;
  const templates = { ...(subject === '' ? {} : { subject }), ...(body === '' ? {} : { body }) };
  if (!enabled) return undefined;
  const channels: ChannelSettings[] = [];
  // dpi-dual's users look for it beside the other status files.
  const path = file === '' && status.enabled ? join(status.folder, 'notifications.json') : file;
  if (path !== '') channels.push({ kind: 'file', path });
  if (webhook.url !== '')
    channels.push({ kind: 'webhook', perHour, ...templates, url: webhook.url, secret: secrets.webhook });
  if (syslog.server !== '') {
    channels.push({
      kind: 'syslog',
      perHour,
      transport: syslog.transport,
      ...endpointOf(syslog.server),
    });
  }
  if (mail.server !== '') {
    channels.push({
      kind: 'mail',
      perHour,
      ...templates,
      ...endpointOf(mail.server),
      security: mail.tls,
      ...(mail.user === '' ? {} : { user: mail.user, password: secrets.mail ?? '' }),
      from: mail.from,
      to: mail.to,
    });
  }
  if (channels.length === 0) return undefined;
  try {
    return new Notifier({ channels, threshold, host: hostname(), version: VERSION, told });
  } catch (error) {
    if (error instanceof NotifyError) throw new StartError(`notifications: ${error.message}`);
    throw error;
  }
}
