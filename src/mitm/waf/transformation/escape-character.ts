/** The control characters that C and JavaScript write as a backslash and a letter; 0 for any other letter. */
export function controlCharacter(letter: number): number {
  switch (letter) {
    case 0x61:
      return 0x07;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    case 0x76:
      return 0x0b;
    default:
      return 0;
  }
}
