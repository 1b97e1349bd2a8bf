import { form, multipart } from './exchange.ts';
import { CATEGORIES, ITEMS, itemSlug, Visit } from './visit.ts';
import { json, PAGE, posted } from './visitor.ts';
import { paragraph, productName, searchText, slug, street } from './words.ts';

const SORTS = ['price_asc', 'price_desc', 'newest', 'popular'];
const COLORS = ['blau', 'rot', 'schwarz', 'weiss', 'gruen'];

/** A visit with a browser. */
export class BrowserVisit extends Visit {
  go(): void {
    const { random, who } = this;
    if (who.session === '' || random.chance(0.15)) {
      who.session = random.token(32);
      who.csrf = random.hex(32);
      who.loggedIn = false;
    }
    if (random.chance(0.35)) this.page(`/?${this.campaign()}`);
    else if (random.chance(0.5)) this.page('/');
    for (let step = random.whole(2, 9); step > 0; step--) this.step();
  }

  private step(): void {
    const { random } = this;
    const dice = random.next();
    if (dice < 0.25) this.listing();
    else if (dice < 0.45) this.search();
    else if (dice < 0.75) this.item();
    else if (dice < 0.85) this.cart();
    else if (dice < 0.91) this.account();
    else if (dice < 0.94) this.page(`/blog/${random.whole(2021, 2026)}/${slug(productName(random))}`);
    else if (dice < 0.96) this.page(random.pick(['/impressum', '/agb', '/hilfe/versand', '/hilfe/retoure']));
    else if (dice < 0.975) this.contact();
    else if (dice < 0.985) this.review();
    else
      this.page(
        random.pick(['/aktion/sommer', '/alt/seite', '/katalog.pdf']),
        random.chance(0.5) ? 404 : 200,
      );
  }

  private listing(): void {
    const { random } = this;
    const fields: (readonly [string, string | number])[] = [];
    if (random.chance(0.5)) fields.push(['page', random.zipf(40) + 1]);
    if (random.chance(0.3)) fields.push(['sort', random.pick(SORTS)]);
    if (random.chance(0.2)) fields.push(['color', random.pick(COLORS)]);
    if (random.chance(0.15))
      fields.push(['price_min', random.whole(1, 50)], ['price_max', random.whole(60, 900)]);
    const query = fields.length === 0 ? '' : `?${form(fields)}`;
    this.page(`/c/${random.pick(CATEGORIES)}${query}`);
  }

  private search(): void {
    const { random } = this;
    const text = searchText(random);
    if (random.chance(0.6)) {
      for (const length of [2, 4, 7].filter((one) => one < text.length)) {
        this.ask(
          {
            target: `/api/v1/suggest?${form([['q', text.slice(0, length)]])}`,
            answerType: 'application/json',
          },
          300,
        );
      }
    }
    const more: (readonly [string, string | number])[] = random.chance(0.2)
      ? [['page', random.whole(2, 5)]]
      : [];
    this.page(`/search?${form([['q', text], ...more])}`);
  }

  private item(): void {
    const { random } = this;
    const id = random.zipf(ITEMS) + 1;
    this.page(random.chance(0.5) ? `/item/${id}` : `/p/${itemSlug(id)}`);
    for (let i = random.whole(1, 4); i > 0; i--) {
      this.ask(
        {
          target: `/img/item/${id}-${i}.jpg`,
          answerType: 'image/jpeg',
          status: random.chance(0.3) ? 304 : 200,
        },
        50,
      );
    }
    if (random.chance(0.7)) {
      this.ask(
        { target: `/api/v1/items/${id}/stock?size=${random.whole(34, 48)}`, answerType: 'application/json' },
        200,
      );
    }
  }

  private cart(): void {
    const { random, who } = this;
    const fields = [
      ['item', random.zipf(ITEMS) + 1],
      ['quantity', random.chance(0.9) ? 1 : random.whole(2, 12)],
      ['variant', random.pick(['S', 'M', 'L', 'XL', ''])],
      ['csrf', who.csrf],
    ] as const;
    this.ask(posted('/cart/add', fields, { status: 302, location: '/cart' }), 1500);
    this.page('/cart');
    if (random.chance(0.1)) {
      this.ask(
        posted(
          '/cart/coupon',
          [
            ['code', `SOMMER${random.whole(5, 30)}`],
            ['csrf', who.csrf],
          ],
          { status: 302, location: '/cart' },
        ),
        9000,
      );
    }
  }

  private account(): void {
    const { random, who } = this;
    if (!who.loggedIn) {
      this.page('/login');
      const fields = (secret: string): readonly (readonly [string, string])[] => [
        ['email', who.email],
        ['password', secret],
        ['csrf', who.csrf],
      ];
      for (let wrong = random.chance(0.15) ? random.whole(1, 2) : 0; wrong > 0; wrong--) {
        this.ask(posted('/login', fields(who.password.slice(1)), { status: 401 }), 8000);
      }
      this.ask(
        posted('/login', fields(who.password), { status: 302, location: '/account', setsCookie: true }),
        6000,
      );
      who.loggedIn = true;
    }
    this.page('/account');
    if (random.chance(0.3)) {
      const [first, last] = who.name;
      this.ask(
        posted(
          '/account/address',
          [
            ['first_name', first],
            ['last_name', last],
            ['street', street(random)],
            ['zip', String(random.whole(10_000, 99_999))],
            [
              'city',
              random.pick([
                'Köln',
                'München',
                'Berlin',
                'Frankfurt (Oder)',
                "L'Aquila",
                'St. Pölten',
                'Zürich',
              ]),
            ],
            ['phone', random.pick(['+49 221 4711', '0171/1234567', '(0221) 12 34 56', '00498912345'])],
            ['note', random.chance(0.3) ? paragraph(random, 2) : ''],
            ['csrf', who.csrf],
          ],
          { status: 302, location: '/account' },
        ),
        25_000,
      );
    }
    if (random.chance(0.25)) this.upload();
    if (random.chance(0.3)) this.page(`/account/orders/${random.whole(100_000, 999_999)}`);
  }

  private upload(): void {
    const { random, who } = this;
    const boundary = `----WebKitFormBoundary${random.token(16)}`;
    let content = '\xff\xd8\xff\xe0\x00\x10JFIF';
    for (let i = random.whole(200, 3000); i > 0; i--) content += String.fromCharCode(random.whole(0, 255));
    const file = random.pick([
      'ich.jpg',
      'IMG_20240511_101530.jpg',
      'foto (2).jpg',
      'Bild für Profil.jpeg',
      `${random.hex(12)}.jpg`,
    ]);
    const body = multipart(boundary, [
      { name: 'csrf', content: who.csrf },
      { name: 'avatar', file, type: 'image/jpeg', content },
    ]);
    this.ask(
      {
        method: 'POST',
        target: '/account/avatar',
        accept: PAGE,
        type: `multipart/form-data; boundary=${boundary}`,
        body,
        status: 302,
        location: '/account',
      },
      15_000,
    );
  }

  private contact(): void {
    const { random, who } = this;
    this.page('/contact');
    const fields = [
      ['name', who.name.join(' ')],
      ['email', who.email],
      ['subject', random.pick(['Bestellung', 'Rückgabe', 'Frage', 'Sonstiges'])],
      ['message', paragraph(random, 8)],
      ['csrf', who.csrf],
    ] as const;
    this.ask(posted('/contact', fields, { status: 200 }), 60_000);
  }

  private review(): void {
    const { random, who } = this;
    const id = random.zipf(ITEMS) + 1;
    const value = {
      rating: random.whole(1, 5),
      title: productName(random),
      text: paragraph(random, 5),
      recommend: random.chance(0.8),
    };
    this.ask(
      json('POST', `/api/v1/items/${id}/reviews`, value, {
        status: 201,
        extra: [['X-CSRF-Token', who.csrf]],
      }),
      40_000,
    );
  }

  private campaign(): string {
    const { random } = this;
    const source = random.pick(['newsletter', 'google', 'facebook', 'instagram']);
    const fields: (readonly [string, string])[] = [
      ['utm_source', source],
      ['utm_medium', random.pick(['cpc', 'email', 'social'])],
      ['utm_campaign', random.pick(['sommer_2026', 'sale', 'neu-im-shop', 'größen aktion'])],
    ];
    if (source === 'google') fields.push(['gclid', random.token(random.whole(50, 91))]);
    if (source === 'facebook') fields.push(['fbclid', `IwAR${random.token(57)}`]);
    return form(fields);
  }
}
