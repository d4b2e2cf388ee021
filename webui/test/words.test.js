// Tests of words that a number chooses: rules of the browser and words of the pages, together.

import assert from 'node:assert/strict';
import test from 'node:test';

import { formOf } from '../js/i18n.js';
import { LANGUAGES } from '../lang/languages.js';

/** What is said of how many listen, by language. @type {[string, [number, string][]][]} */
const SPOKEN = [
  ['en', [[0, '0 listening'], [1, '1 listening'], [2, '2 listening']]],
  ['pl', [[0, 'słucha 0 osób'], [1, 'słucha 1 osoba'], [2, 'słuchają 2 osoby'], [5, 'słucha 5 osób'], [12, 'słucha 12 osób'], [22, 'słuchają 22 osoby']]],
  ['ja', [[0, '0人が再生中'], [1, '1人が再生中'], [22, '22人が再生中']]],
];

for (const [language, spoken] of SPOKEN) {
  test(`${language} counts as it is spoken`, async () => {
    const { default: words } = await import(`../lang/${language}/shared.js`);
    const rules = new Intl.PluralRules(language);
    for (const [n, text] of spoken) {
      assert.equal(words[formOf('listeners', n, words, rules)].replace('{n}', String(n)), text);
    }
  });
}

test('each language is one that the browser knows the plurals of', () => {
  const codes = LANGUAGES.map(({ code }) => code);
  assert.deepEqual(Intl.PluralRules.supportedLocalesOf(codes), codes);
});
