import type { Random } from './random.ts';

/** Words that people search for and write, in German and English; text of any kind is in Unicode here. */
const NOUNS =
  'Jacke Mantel Schuhe Stiefel Tasche Gürtel Mütze Hemd Hose Kleid Rock Bluse Pullover Socken Handschuhe Brille Uhr Kette Ring Rucksack Koffer Lampe Tisch Stuhl Sofa Teppich Vorhang Decke Kissen Regal Schrank Küche Messer Topf Pfanne Teller Tasse Gläser Löffel Mixer Toaster Kühlschrank Waschmaschine Bohrer Hammer Säge Schraube Nägel Fahrrad Helm Sattel Reifen Zelt Schlafsack laptop keyboard mouse monitor cable adapter charger headphones speaker camera tripod printer paper ink router phone case tablet battery'.split(
    ' ',
  );
const ADJECTIVES =
  'blau rot grün schwarz weiß gelb groß klein leicht schwer warm wasserdicht günstig neu gebraucht klassisch modern sportlich elegant weich hart stabil faltbar bunt gestreift vintage wireless waterproof small large cheap new'.split(
    ' ',
  );
const SMALL =
  'und mit für ohne aus von im in der die das ein eine auch nicht sehr ist war hat kann wie als bei nach über unter zum zur the a of with for and but very is was it my'.split(
    ' ',
  );
const FIRST =
  'Anna Jürgen Sören Zoë Marie-Luise Björn Ayşe José Łukasz Peter Sabine Thomas Ines François Chloé Olga Mehmet Noah Emma Ben'.split(
    ' ',
  );
const LAST =
  "Müller Schmidt O'Neill Groß Weiß Özdemir García D'Angelo Kowalski Meier-Schulze von Stein Köhler Nguyen Smith Dubois Jäger".split(
    ' ',
  );
const STREETS: readonly string[] = [
  'Hauptstraße',
  'Bahnhofstr.',
  'Am Markt',
  'Goethestraße',
  'Rue de Lyon',
  'Gartenweg',
  'Königsallee',
  'Lindenstr.',
];
/** What people type that is no plain word. */
const ODD_SEARCHES: readonly string[] = [
  "levi's 501",
  'AC/DC t-shirt',
  'h&m kleid',
  '15" laptop',
  'c++ buch',
  'usb-c -> hdmi',
  '100% baumwolle',
  'tisch (rund)',
  'größe 42,5',
  'rock & roll',
  'jacke < 50 €',
  'schuhe 42/43',
  'wo ist meine bestellung?',
  'iphone 15 pro max hülle (transparent)',
  'samsung 4k tv 55" 2024',
  "kid's shoes",
  'e-bike 28 zoll: damen',
  'lampe e27 60w; warmweiß',
  'dr. martens 1460',
  '#yoga matte',
  'l`oréal',
  'info@shop.example',
  'https://shop.example/item/17',
];

/** A name of a product: one to four words. */
export function productName(random: Random): string {
  const count = random.whole(1, 2);
  const words = Array.from({ length: count }, () => random.pick(ADJECTIVES));
  return [...words, random.pick(NOUNS)].join(' ');
}

/** What somebody searches for: mostly a word or two, seldom a whole sentence or something odd. */
export function searchText(random: Random): string {
  if (random.chance(0.03)) return random.pick(ODD_SEARCHES);
  if (random.chance(0.04)) return sentence(random);
  if (random.chance(0.05)) return `${random.pick(NOUNS)} ${random.whole(1, 999)}`;
  const text = random.chance(0.4) ? random.pick(NOUNS) : productName(random);
  if (random.chance(0.1)) return misspelt(random, text);
  return random.chance(0.6) ? text.toLowerCase() : text;
}

function misspelt(random: Random, text: string): string {
  const at = random.whole(0, text.length - 1);
  return text.slice(0, at) + random.from('abcdefghijklmnopqrstuvwxyz', 1) + text.slice(at + 1);
}

/** A sentence, with punctuation as people set it. */
export function sentence(random: Random): string {
  const words = Array.from({ length: random.whole(4, 16) }, () =>
    random.pick(random.chance(0.4) ? SMALL : random.chance(0.5) ? NOUNS : ADJECTIVES),
  );
  if (random.chance(0.3)) words.splice(random.whole(1, words.length - 1), 0, ',');
  const end = random.pick(['.', '.', '.', '!', '?', '', ' :)', '...', '!!']);
  return `${words.join(' ').replaceAll(' ,', ',')}${end}`;
}

/** A text of some sentences, with quotes, brackets, lines, prices. */
export function paragraph(random: Random, most: number): string {
  let text = '';
  for (let i = random.whole(1, most); i > 0; i--) {
    const one = sentence(random);
    const dice = random.next();
    if (dice < 0.06) text += `"${one}" `;
    else if (dice < 0.12) text += `(${one}) `;
    else if (dice < 0.18) text += `${one} Das war's für ${random.whole(5, 300)},${random.whole(10, 99)} €; `;
    else text += `${one}${random.chance(0.15) ? '\r\n' : ' '}`;
  }
  return text.trimEnd();
}

export function fullName(random: Random): readonly [first: string, last: string] {
  return [random.pick(FIRST), random.pick(LAST)];
}

export function street(random: Random): string {
  return `${random.pick(STREETS)} ${random.whole(1, 180)}${random.chance(0.2) ? random.pick(['a', 'b', ' c', '/2']) : ''}`;
}

export function emailOf([first, last]: readonly [string, string], random: Random): string {
  const plain = (text: string): string => slug(text).replaceAll('-', random.pick(['', '.', '-']));
  const number = random.chance(0.4) ? random.whole(1, 99) : '';
  const tag = random.chance(0.03) ? '+shop' : '';
  return `${plain(first)}.${plain(last)}${number}${tag}@${random.pick(['example.com', 'mail.example', 'web.example', 'firma-mueller.example'])}`;
}

/** A password as people and their programs choose them. */
export function password(random: Random): string {
  if (random.chance(0.5))
    return `${random.pick(NOUNS)}${random.whole(1, 9999)}${random.pick(['', '!', '?', '.'])}`;
  return random.from(
    'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#$%&*+-=?@_<>;',
    random.whole(10, 20),
  );
}

/** A text as a piece of a path: `gruene-jacke`. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('ä', 'ae')
    .replaceAll('ö', 'oe')
    .replaceAll('ü', 'ue')
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
