import { join } from 'node:path';
import { Authority } from './certificates.ts';
import { STANDING_NAMES, startNameServer } from './name-server.ts';
import type { Network } from './network.ts';
import { startSecureShell } from './secure-shell.ts';
import { ADDRESS } from './topology.ts';
import { startRemoteSite, startStandingWebServers, startWebServers } from './web-servers.ts';

/**
 * Starts every server of the network, and writes what their clients need (keys, scripts). `standing` adds what only
 * the standing lab has: a shop behind the gateway, passwords, more of IPv6.
 */
export function startServers(
  net: Network,
  programs: string,
  { standing }: { readonly standing: boolean },
): void {
  const authority = new Authority(net.folder);
  startNameServer(net, standing ? STANDING_NAMES : []);
  const www = authority.issue(['www.example.com', 'example.com', 'secure.example.com', 'quic.example.com']);
  startWebServers(net, authority, www);
  if (standing) startStandingWebServers(net, authority, www);
  startRemoteSite(net, authority, www);
  startSecureShell(net, { passwords: standing });
  startMail(net, authority);
  const area = ['-d', join(net.folder, 'ftp'), '-u', 'anna', '-P', 'example-password'];
  net.start('net', '/usr/bin/python3', '-m', 'pyftpdlib', '-i', ADDRESS.files, '-p', '21', '-w', ...area);
  for (const address of standing ? [ADDRESS.time, ADDRESS.time6] : [ADDRESS.time]) {
    net.start('net', '/usr/bin/python3', join(programs, 'sntp.py'), 'serve', address);
  }
}

function startMail(net: Network, authority: Authority): void {
  const { certificate, key } = authority.issue(['mail.example.com'], 'rsa');
  const listen = ['-n', '-l', `${ADDRESS.dmz}:25`, '-c', 'aiosmtpd.handlers.Sink'];
  const identity = ['--tlscert', certificate, '--tlskey', key, '--no-requiretls'];
  net.start('dmz', '/usr/bin/python3', '-m', 'aiosmtpd', ...identity, ...listen);
}
