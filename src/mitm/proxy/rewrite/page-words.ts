/** Languages that pages are written in; the first is for whoever understands none of them. */
export const LANGUAGES = ['en', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a page says of a status. */
export interface StatusWords {
  readonly title: string;
  readonly text: string;
}

/** What pages say besides. */
export interface FrameWords {
  readonly reference: string;
  /** How to use the reference. */
  readonly help: string;
  readonly contact: string;
  /** With `{seconds}`. */
  readonly retry: string;
}

/** By status; `4` and `5` for those that have no words of their own. */
export const STATUS_WORDS: Readonly<Record<Language, Readonly<Record<number, StatusWords>>>> = {
  en: {
    4: { title: 'Request not accepted', text: 'This request could not be accepted as it was sent.' },
    5: { title: 'Not available', text: 'This request cannot be answered at the moment.' },
    403: { title: 'Request blocked', text: 'This request was refused by the protection of this site.' },
    413: { title: 'Request too large', text: 'What was sent is larger than this site accepts.' },
    429: { title: 'Too many requests', text: 'There were too many requests in a short time.' },
    502: { title: 'Bad gateway', text: 'The server behind this site did not give a usable answer.' },
    503: { title: 'Service unavailable', text: 'This site cannot answer at the moment.' },
    504: { title: 'Gateway timeout', text: 'The server behind this site took too long to answer.' },
  },
  de: {
    4: { title: 'Anfrage nicht angenommen', text: 'Diese Anfrage konnte so nicht angenommen werden.' },
    5: { title: 'Nicht verfügbar', text: 'Diese Anfrage kann zurzeit nicht beantwortet werden.' },
    403: {
      title: 'Anfrage blockiert',
      text: 'Diese Anfrage wurde vom Schutz dieser Website abgelehnt.',
    },
    413: { title: 'Anfrage zu groß', text: 'Es wurde mehr gesendet, als diese Website annimmt.' },
    429: { title: 'Zu viele Anfragen', text: 'Es kamen in kurzer Zeit zu viele Anfragen.' },
    502: {
      title: 'Fehlerhafte Antwort',
      text: 'Der Server hinter dieser Website gab keine brauchbare Antwort.',
    },
    503: { title: 'Nicht verfügbar', text: 'Diese Website kann zurzeit nicht antworten.' },
    504: {
      title: 'Zeitüberschreitung',
      text: 'Der Server hinter dieser Website hat nicht rechtzeitig geantwortet.',
    },
  },
  fr: {
    4: { title: 'Requête non acceptée', text: 'Cette requête n’a pas pu être acceptée telle quelle.' },
    5: { title: 'Indisponible', text: 'Il est impossible de répondre à cette requête pour le moment.' },
    403: {
      title: 'Requête bloquée',
      text: 'Cette requête a été refusée par la protection de ce site.',
    },
    413: { title: 'Requête trop volumineuse', text: 'L’envoi dépasse ce que ce site accepte.' },
    429: { title: 'Trop de requêtes', text: 'Trop de requêtes ont été envoyées en peu de temps.' },
    502: {
      title: 'Réponse incorrecte',
      text: 'Le serveur derrière ce site n’a pas donné de réponse utilisable.',
    },
    503: { title: 'Service indisponible', text: 'Ce site ne peut pas répondre pour le moment.' },
    504: { title: 'Délai dépassé', text: 'Le serveur derrière ce site a mis trop de temps à répondre.' },
  },
};

export const FRAME_WORDS: Readonly<Record<Language, FrameWords>> = {
  en: {
    reference: 'Reference',
    help: 'If you think this is a mistake, tell the operator of this site the reference.',
    contact: 'Contact',
    retry: 'Please try again in {seconds} s.',
  },
  de: {
    reference: 'Referenz',
    help: 'Wenn Sie das für einen Irrtum halten, nennen Sie dem Betreiber dieser Website die Referenz.',
    contact: 'Kontakt',
    retry: 'Bitte versuchen Sie es in {seconds} s erneut.',
  },
  fr: {
    reference: 'Référence',
    help: 'Si vous pensez qu’il s’agit d’une erreur, indiquez la référence à l’exploitant de ce site.',
    contact: 'Contact',
    retry: 'Veuillez réessayer dans {seconds} s.',
  },
};

/** What a page says of a status, from 400 to 599. */
export function statusWords(language: Language, status: number): StatusWords {
  const words = STATUS_WORDS[language];
  return words[status] ?? words[status < 500 ? 4 : 5]!;
}
