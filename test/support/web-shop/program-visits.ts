import { form } from './exchange.ts';
import type { Random } from './random.ts';
import { CATEGORIES, ITEMS, itemSlug, Visit } from './visit.ts';
import { json, request } from './visitor.ts';
import { productName, searchText, slug } from './words.ts';

/** A visit with the shop's app. */
export class AppVisit extends Visit {
  go(): void {
    const { random, who } = this;
    const device = uuid(random);
    if (who.session === '') {
      const value = { email: who.email, password: who.password, device: { id: device, push: true } };
      this.ask(json('POST', '/api/v1/sessions', value, { status: 201 }), 5000);
      who.session = `${random.token(36)}.${random.token(80)}.${random.token(43)}`;
    }
    this.ask({ target: '/api/v1/home', answerType: 'application/json' }, 200);
    for (let step = random.whole(2, 9); step > 0; step--) {
      const dice = random.next();
      const id = random.zipf(ITEMS) + 1;
      if (dice < 0.35) {
        this.ask({ target: `/api/v1/items/${id}`, answerType: 'application/json' }, 4000);
        this.ask({ target: `/img/item/${id}-1.jpg`, answerType: 'image/jpeg' }, 100);
      } else if (dice < 0.6) {
        this.ask(
          {
            target: `/api/v1/items?${form([
              ['q', searchText(random)],
              ['limit', random.pick([20, 50])],
              ['offset', 20 * random.zipf(10)],
            ])}`,
            answerType: 'application/json',
          },
          3000,
        );
      } else if (dice < 0.75) {
        this.ask(
          json('PUT', '/api/v1/cart', {
            items: Array.from({ length: random.whole(1, 5) }, () => ({
              id: random.zipf(ITEMS) + 1,
              quantity: random.whole(1, 3),
              variant: random.pick(['S', 'M', null]),
            })),
          }),
          2000,
        );
      } else if (dice < 0.8) {
        this.ask(
          json('PATCH', '/api/v1/profile', {
            name: who.name.join(' '),
            newsletter: random.chance(0.5),
            birthday: `19${random.whole(50, 99)}-0${random.whole(1, 9)}-1${random.whole(0, 9)}`,
          }),
          9000,
        );
      } else if (dice < 0.83) {
        this.ask({ method: 'DELETE', target: `/api/v1/wishlist/${uuid(random)}`, status: 204 }, 2000);
      } else this.telemetry(device);
    }
  }

  private telemetry(device: string): void {
    const { random } = this;
    const events = Array.from({ length: random.whole(1, 12) }, () => ({
      type: random.pick(['view', 'tap', 'scroll', 'error']),
      at: new Date(Math.round(this.timeMs)).toISOString(),
      path: `/item/${random.zipf(ITEMS) + 1}`,
      detail: random.chance(0.05) ? "TypeError: undefined is not an object (evaluating 'a.b')" : '',
      x: random.whole(0, 400),
      y: Math.round(random.next() * 8000) / 10,
    }));
    this.ask(json('POST', '/api/v1/events', { device, events }, { status: 202 }), 1000);
  }
}

/** A visit of a search engine. */
export class CrawlerVisit extends Visit {
  go(): void {
    const { random, who } = this;
    if (random.chance(0.3)) this.ask({ target: '/robots.txt', answerType: 'text/plain' }, 1000);
    for (let step = random.whole(15, 40); step > 0; step--) {
      const id = random.whole(1, ITEMS);
      const dice = random.next();
      const status = random.chance(0.03) ? 404 : 200;
      const target =
        dice < 0.4
          ? `/item/${id}`
          : dice < 0.7
            ? `/p/${itemSlug(id)}`
            : dice < 0.9
              ? `/c/${random.pick(CATEGORIES)}?page=${random.whole(1, 40)}`
              : `/blog/${random.whole(2021, 2026)}/${slug(productName(random))}`;
      this.exchanges.push(request(random, who, this.later(3000), { target, accept: 'text/html', status }));
    }
  }
}

/** A partner's program that keeps its stock and ours alike. */
export class PartnerVisit extends Visit {
  go(): void {
    const { random, who } = this;
    who.session = who.session === '' ? `pk_live_${random.token(40)}` : who.session;
    for (let page = 1; page < random.whole(4, 12); page++) {
      this.ask(
        {
          target: `/api/v1/items?limit=200&offset=${200 * (page - 1)}&updated_since=2026-0${random.whole(1, 9)}-1${random.whole(0, 9)}T00:00:00Z`,
          answerType: 'application/json',
        },
        1200,
      );
    }
    this.ask(
      json('POST', '/api/v1/stock', {
        updates: Array.from({ length: random.whole(1, 30) }, () => ({
          sku: `SKU-${random.whole(10_000, 99_999)}`,
          count: random.whole(0, 500),
        })),
      }),
      1500,
    );
  }
}

function uuid(random: Random): string {
  return `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;
}
