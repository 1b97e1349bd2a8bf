export { type Principal, ROLES, type Role } from './access.ts';
export type { Backend } from './backend.ts';
export { listenOnPort, listenOnSocket, type ServerCertificate } from './listen.ts';
export { LiveFeed } from './live/feed.ts';
export { type Api, createApi } from './server.ts';
