/** Bounds of what is learned, and when it is enough. */
export interface EndpointLimits {
  /** Hosts that are known at a time. */
  readonly hosts: number;
  /** Endpoints (host, method, path template) that are known at a time; the rarest go. */
  readonly endpoints: number;
  /** Models of values in all, about 700 bytes each. */
  readonly models: number;
  /** Nodes of the tree of paths of each host. */
  readonly pathNodes: number;
  /** Requests from which an endpoint says something, and how many clients they must come from. */
  readonly learningRequests: number;
  readonly learningClients: number;
  /** Lessons that one client gives an endpoint at once; the count is halved every hour. */
  readonly clientLessons: number;
  /** Time after which what was learned weighs half, in milliseconds. */
  readonly halfLifeMs: number;
}

export const DEFAULT_ENDPOINTS: EndpointLimits = {
  hosts: 32,
  endpoints: 2000,
  models: 16_384,
  pathNodes: 1024,
  learningRequests: 50,
  learningClients: 3,
  clientLessons: 10,
  halfLifeMs: 14 * 86_400_000,
};

/** What is left of the models that may be made. */
export class ModelBudget {
  private readonly most: number;
  used = 0;
  /** Models that were not made. */
  refused = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** Takes one where there is one. */
  take(): boolean {
    if (this.used >= this.most) {
      this.refused++;
      return false;
    }
    this.used++;
    return true;
  }

  give(count: number): void {
    this.used -= count;
  }

  get isNearlyUsed(): boolean {
    return this.used >= 0.95 * this.most;
  }
}
