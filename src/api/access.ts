/** Who asks, and what that one may do. */

/** What somebody may do; each role may what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
/** See {@link ROLES}: a viewer reads, an operator decides about addresses, an administrator changes weir itself. */
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Principal {
  /** As the record of changes names it: that of a token, of a user, or `root` at the socket. */
  readonly name: string;
  readonly role: Role;
  /** How it is known. */
  readonly by: 'socket' | 'token' | 'session' | 'anonymous';
}

/** Whether a role may do what another is needed for. */
export function mayAct(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler runs, but those of public routes may find the nobody that asks: undefined. */
    principal: Principal | undefined;
  }
  interface FastifyContextConfig {
    /** Who may use the route; without a word only administrators. */
    readonly access?: Role | 'public';
    /** Nothing is changed, although it is a POST: it stands in no record of changes. */
    readonly asks?: boolean;
  }
}
