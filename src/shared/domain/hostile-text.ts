/**
 * What names of classes and files may not hold: control characters (line feeds among them: names are written one a line into
 * lists and CSV) and lone surrogates, which no file and no database stores. Everything else, markup and marks of direction among
 * them, is data: it is kept as it is, and whoever shows it shows it as text.
 */
const UNSTORABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/u;

/** The first unstorable character as U+XXXX, or null. */
export function unstorableCharacter(text: string): string | null {
  const found = UNSTORABLE.exec(text)?.[0];
  return found === undefined ? null : `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
