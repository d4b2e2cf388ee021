// Countries by their two letters: all there are, their names in the language of the page, and the one that a phone is likely
// to be in. Pure; it asks nobody.

/** ISO 3166-1 alpha-2, officially assigned. */
const CODES =
  'ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW';

/** Countries of the time zones in which most people live (IANA's `zone1970.tab`); the others are guessed by the language. */
const ZONES =
  'Europe/Berlin DE,Europe/Busingen DE,Europe/Vienna AT,Europe/Zurich CH,Europe/Paris FR,Europe/Rome IT,Europe/Madrid ES,Atlantic/Canary ES,Europe/Lisbon PT,Atlantic/Azores PT,Atlantic/Madeira PT,Europe/London GB,Europe/Dublin IE,Europe/Brussels BE,Europe/Amsterdam NL,Europe/Luxembourg LU,Europe/Copenhagen DK,Europe/Oslo NO,Europe/Stockholm SE,Europe/Helsinki FI,Europe/Warsaw PL,Europe/Prague CZ,Europe/Bratislava SK,Europe/Budapest HU,Europe/Ljubljana SI,Europe/Zagreb HR,Europe/Belgrade RS,Europe/Sarajevo BA,Europe/Skopje MK,Europe/Tirane AL,Europe/Athens GR,Europe/Sofia BG,Europe/Bucharest RO,Europe/Kyiv UA,Europe/Kiev UA,Europe/Vilnius LT,Europe/Riga LV,Europe/Tallinn EE,Europe/Malta MT,Europe/Istanbul TR,Europe/Moscow RU,Asia/Jerusalem IL,Asia/Beirut LB,Asia/Amman JO,Asia/Damascus SY,Asia/Baghdad IQ,Asia/Riyadh SA,Asia/Dubai AE,Asia/Qatar QA,Asia/Bahrain BH,Asia/Kuwait KW,Asia/Muscat OM,Africa/Cairo EG,Africa/Tunis TN,Africa/Algiers DZ,Africa/Casablanca MA,Africa/Tripoli LY,Africa/Khartoum SD,Africa/Lagos NG,Africa/Nairobi KE,Africa/Johannesburg ZA,Asia/Kolkata IN,Asia/Calcutta IN,Asia/Karachi PK,Asia/Shanghai CN,Asia/Hong_Kong HK,Asia/Taipei TW,Asia/Tokyo JP,Asia/Seoul KR,Asia/Singapore SG,Asia/Bangkok TH,Asia/Jakarta ID,Asia/Manila PH,Asia/Ho_Chi_Minh VN,Australia/Sydney AU,Australia/Melbourne AU,Australia/Brisbane AU,Australia/Perth AU,Australia/Adelaide AU,Pacific/Auckland NZ,America/New_York US,America/Chicago US,America/Denver US,America/Los_Angeles US,America/Phoenix US,America/Anchorage US,Pacific/Honolulu US,America/Detroit US,America/Toronto CA,America/Vancouver CA,America/Montreal CA,America/Halifax CA,America/Winnipeg CA,America/Edmonton CA,America/Mexico_City MX,America/Tijuana MX,America/Sao_Paulo BR,America/Bahia BR,America/Fortaleza BR,America/Manaus BR,America/Recife BR,America/Buenos_Aires AR,America/Argentina/Buenos_Aires AR,America/Santiago CL,America/Bogota CO,America/Lima PE,America/Caracas VE,America/Montevideo UY,America/Guayaquil EC,America/La_Paz BO,America/Asuncion PY,America/Panama PA,America/Costa_Rica CR,America/Guatemala GT,America/Havana CU,America/Santo_Domingo DO,America/Puerto_Rico PR';

/** @type {Map<string, string>} */
const OF_ZONE = new Map(ZONES.split(',').map((row) => /** @type {[string, string]} */ (row.split(' '))));

/** All countries. */
/** @type {string[]} */
export const countries = CODES.match(/../g) ?? [];

/**
 * The country that a phone is likely to be in: that of its time zone, which it has from where it is; else that of its first
 * language that names one. Empty if there is none.
 * @param {string} zone its time zone, as IANA names it
 * @param {readonly string[]} languages its languages, the best first
 */
export function likely(zone, languages) {
  const region = (/** @type {string} */ tag) => /-([a-z]{2})\b/i.exec(tag)?.[1].toUpperCase() ?? '';
  const named = languages.map(region).find((code) => countries.includes(code));
  return OF_ZONE.get(zone) ?? named ?? '';
}

/**
 * All countries with their names, in the order of the alphabet.
 * @param {string} language
 * @returns {{code: string, name: string}[]}
 */
export function named(language) {
  const names = new Intl.DisplayNames([language], { type: 'region' });
  const all = countries.map((code) => ({ code, name: names.of(code) ?? code }));
  return all.sort((one, other) => one.name.localeCompare(other.name, language));
}

/** The time zone of this phone. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
