import type { Exchange } from './exchange.ts';
import type { Random } from './random.ts';
import { PAGE, request, type Visitor, type Wish } from './visitor.ts';
import { slug } from './words.ts';

/** Items that the shop has; their names and prices follow from their numbers. */
export const ITEMS = 3000;
export const CATEGORIES = [
  'damen',
  'herren',
  'kinder',
  'schuhe',
  'taschen',
  'wohnen',
  'kueche',
  'technik',
  'sport',
  'garten',
];

/** One visit: what it asks for, and when. */
export abstract class Visit {
  readonly exchanges: Exchange[] = [];
  protected readonly random: Random;
  protected readonly who: Visitor;
  protected timeMs: number;
  private last: string | undefined;

  constructor(random: Random, who: Visitor, startMs: number) {
    this.random = random;
    this.who = who;
    this.timeMs = startMs;
  }

  /** Goes through the shop. */
  abstract go(): void;

  /** A page with what belongs to it. */
  protected page(target: string, status = 200): void {
    const { random, who } = this;
    this.ask({ target, accept: PAGE, status }, random.whole(2000, 30_000));
    this.last = target;
    // Most of it is in the browser's memory.
    if (random.chance(who.visits === 0 ? 0.5 : 0.08)) {
      for (const asset of [
        'css/shop.3f9a1c7e.css',
        'js/app.81c0de55.js',
        'js/vendor.0a7be912.js',
        'fonts/inter-var.woff2',
        'img/logo.svg',
      ]) {
        this.ask({ target: `/static/${asset}`, answerType: 'text/css' }, 40);
      }
      if (random.chance(0.2))
        this.ask({ target: random.pick(['/favicon.ico', '/apple-touch-icon.png']), status: 404 }, 40);
    }
  }

  protected ask(wish: Wish, pauseMs: number): void {
    const { random, who, last } = this;
    this.exchanges.push(
      request(random, who, this.later(pauseMs), last === undefined ? wish : { referer: last, ...wish }),
    );
  }

  protected later(pauseMs: number): number {
    this.timeMs += pauseMs * (0.3 + 1.4 * this.random.next());
    return this.timeMs;
  }
}

/** The piece of a path that names an item. */
export function itemSlug(id: number): string {
  return `${slug(['Blaue Jacke', 'Kleiner Tisch', 'Runde Lampe', 'Großer Topf', 'Rote Schuhe', 'Bunte Decke'][id % 6] ?? '')}-${['klassisch', 'modern', 'leicht', 'xl'][id % 4]}-${id}`;
}
