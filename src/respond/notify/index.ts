export { fileRecord } from './file-channel.ts';
export { type Notification, type Severity, severityOf } from './notification.ts';
export { type ChannelOptions, type ChannelSettings, Notifier, type NotifierOptions } from './notifier.ts';
export { NotifyError } from './notify-error.ts';
export { TEMPLATE_NAMES } from './template.ts';
export { webhookSignature } from './webhook.ts';
