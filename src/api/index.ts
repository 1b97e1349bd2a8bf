export { type Principal, ROLES, type Role } from './access.ts';
export { loginLink } from './auth/login-link.ts';
export type { Backend } from './backend.ts';
export { listenForProxy, listenOnPort, listenOnSocket, type ServerCertificate } from './listen.ts';
export { LiveFeed } from './live/feed.ts';
export type { KeptPackets } from './packets/kept-packets.ts';
export { readSecretFile, readSecretsAhead, type SecretReader } from './secret-file.ts';
export { type Api, createApi } from './server.ts';
