// The languages the pages speak: code, own name, and the direction in which they are written.

/** @type {{code: string, name: string, direction: 'ltr' | 'rtl'}[]} */
export const LANGUAGES = [
  { code: 'en', name: 'English', direction: 'ltr' },
];
