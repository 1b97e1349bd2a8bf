/** Languages of the page; the first is for whoever understands none of them. */
export const LANGUAGES = ['en', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What the page says. Without markup. */
interface PageWords {
  readonly title: string;
  readonly text: string;
  /** What is said of the picture to who does not see it. */
  readonly picture: string;
  readonly label: string;
  readonly button: string;
  /** After an answer that did not help. */
  readonly again: string;
}

export const PAGE_WORDS: Readonly<Record<Language, PageWords>> = {
  en: {
    title: 'One step before you go on',
    text: 'There were unusual requests from your network. Please type the six digits of the picture.',
    picture: 'A picture with six digits',
    label: 'Digits',
    button: 'Continue',
    again: 'That was not right, or it took too long. Here is a new picture.',
  },
  de: {
    title: 'Ein Schritt, bevor es weitergeht',
    text: 'Aus Ihrem Netz kamen ungewöhnliche Anfragen. Bitte tippen Sie die sechs Ziffern des Bildes ab.',
    picture: 'Ein Bild mit sechs Ziffern',
    label: 'Ziffern',
    button: 'Weiter',
    again: 'Das war nicht richtig oder hat zu lange gedauert. Hier ist ein neues Bild.',
  },
  fr: {
    title: 'Une étape avant de continuer',
    text: 'Des requêtes inhabituelles sont venues de votre réseau. Veuillez saisir les six chiffres de l’image.',
    picture: 'Une image avec six chiffres',
    label: 'Chiffres',
    button: 'Continuer',
    again: 'Ce n’était pas juste, ou cela a pris trop de temps. Voici une nouvelle image.',
  },
};
