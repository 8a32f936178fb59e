// Text that callers send: what is refused in it, and its one normal form (NFC).

/** Printable ASCII needs no further look, and most text is nothing else. */
const beyondPrintableAscii = /[^\x20-\x7e]/;
/** Tabs and line ends are the only control characters with a meaning in running text. */
const refusedControl = /(?![\t\n\r])\p{Cc}/u;

export type TextFault = 'text_malformed' | 'text_control';

/** Null when the text may be stored. */
export function textFault(text: string): TextFault | null {
  if (!beyondPrintableAscii.test(text)) return null;
  if (!text.isWellFormed()) return 'text_malformed';
  return refusedControl.test(text) ? 'text_control' : null;
}

/** Two spellings of one word are one text: the composed form is the only one that is stored and compared. */
export function normalText(text: string): string {
  return beyondPrintableAscii.test(text) ? text.normalize('NFC') : text;
}

/** For ids, keys and tokens in headers: no space, no control character, nothing beyond ASCII. */
export function isVisibleAscii(text: string, maxLength: number): boolean {
  return text.length > 0 && text.length <= maxLength && visibleAscii.test(text);
}

const visibleAscii = /^[\x21-\x7e]+$/;

/** One step of an RFC 6901 pointer. */
export function pointerToken(name: string): string {
  return name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

/** In UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
