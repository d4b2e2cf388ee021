// Title and artist of a song file, from its own tags: ID3v2 (MP3, AAC, WAV with such a head), Vorbis comments (FLAC, Ogg Vorbis,
// Opus) and MP4. Bytes in, texts out: it is given a way to read pieces of the file, because songs are larger than what a phone
// should hold. It knows just these two fields, looks at a bounded number of pieces, and takes nothing that a file says for granted.

/**
 * @typedef {object} Tags
 * @property {string} title empty: not said
 * @property {string} artist empty: not said
 */

/** Reads so many bytes from a place; fewer at the file's end. @typedef {(at: number, bytes: number) => Promise<Uint8Array>} Read */

/** Pieces of a file that are looked at; where that is not enough the file's name will do. */
const PIECES_MAX = 300;
/** Longest text that is read, bytes. */
const TEXT_BYTES_MAX = 1024;
/** Longest list of comments that is read, bytes: what is longer holds a picture, and title and artist stand before it. */
const COMMENT_BYTES_MAX = 64 * 1024;

/** Frames of ID3 (2.2, and 2.3 and 2.4) and atoms of MP4, and what they say. @type {Record<string, keyof Tags>} */
const FIELDS = { TT2: 'title', TIT2: 'title', TP1: 'artist', TPE1: 'artist', '©nam': 'title', '©ART': 'artist' };

/** Encodings of ID3's texts by their number. */
const ID3_ENCODINGS = ['windows-1252', 'utf-16', 'utf-16be', 'utf-8'];

/** Atoms of MP4 that lead to the tags, and how many bytes stand before what is in them. @type {Record<string, number>} */
const ATOMS = { moov: 0, udta: 0, meta: 4, ilst: 0 };

/** The file says more than it may be asked, or ends too early. */
class Enough extends Error {}

/**
 * Reads the tags of a file.
 * @param {Read} read
 * @param {number} size of the file, bytes
 * @returns {Promise<Tags>}
 */
export async function readTags(read, size) {
  let pieces = 0;
  /** @type {Read} */
  const piece = async (at, bytes) => {
    pieces += 1;
    if (pieces > PIECES_MAX || at < 0 || at >= size) throw new Enough();
    return read(at, Math.min(bytes, size - at));
  };
  /** @type {Tags} */
  const tags = { title: '', artist: '' };
  try {
    const head = await piece(0, 12);
    if (ascii(head, 0, 3) === 'ID3') await id3(piece, head, tags);
    else if (ascii(head, 0, 4) === 'fLaC') await flac(piece, 4, tags);
    else if (ascii(head, 0, 4) === 'OggS') ogg(await piece(0, COMMENT_BYTES_MAX), tags);
    else if (ascii(head, 4, 8) === 'ftyp') await mp4(piece, 0, size, tags);
  } catch (error) {
    // What was found before a file breaks off still holds.
    if (!(error instanceof Enough) && !(error instanceof RangeError)) throw error;
  }
  return tags;
}

/**
 * What to show of a file: its tags, else its name without the ending; `Artist - Title` in a name is taken apart.
 * @param {Tags} tags
 * @param {string} name of the file
 * @returns {Tags}
 */
export function titled({ title, artist }, name) {
  if (title !== '') return { title, artist };
  const bare = name.replace(/\.[a-z0-9]{1,5}$/i, '').replace(/_/g, ' ').trim() || name;
  const parts = /^(.+?) - (.+)$/.exec(bare.replace(/^\d{1,3}[ .-]+(?=\D)/, ''));
  return parts === null ? { title: bare, artist } : { title: parts[2], artist: artist || parts[1] };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 */
const ascii = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));

/** @param {Uint8Array} bytes */
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * A text without what ends or fills it. What cannot be read is replaced.
 * @param {string} encoding
 * @param {Uint8Array} bytes
 */
const text = (encoding, bytes) => new TextDecoder(encoding).decode(bytes).split('\0')[0].trim();

/**
 * Four bytes of seven bits each.
 * @param {Uint8Array} bytes
 * @param {number} at
 */
const syncsafe = (bytes, at) => bytes.subarray(at, at + 4).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);

/**
 * ID3v2 (id3.org): a head of 10 bytes, then frames, of which texts are read.
 * @param {Read} piece
 * @param {Uint8Array} head
 * @param {Tags} tags
 */
async function id3(piece, head, tags) {
  const [version, flags] = [head[3], head[5]];
  const end = 10 + syncsafe(head, 6);
  const [names, bytes] = version === 2 ? [3, 6] : [4, 10];
  let at = 10;
  if ((flags & 0x40) !== 0 && version > 2) {
    const extended = await piece(at, 4);
    at += version === 4 ? syncsafe(extended, 0) : 4 + view(extended).getUint32(0);
  }
  while (at + bytes < end && (tags.title === '' || tags.artist === '')) {
    const frame = await piece(at, bytes);
    const name = ascii(frame, 0, names);
    if (!/^[A-Z0-9]+$/.test(name)) return;
    const size = version === 2 ? view(frame).getUint32(2) & 0xffffff : version === 4 ? syncsafe(frame, 4) : view(frame).getUint32(4);
    // One that is longer than what holds it is none.
    if (at + bytes + size > end) return;
    const field = FIELDS[name];
    if (field !== undefined && size > 1) {
      const body = await piece(at + bytes, Math.min(size, TEXT_BYTES_MAX));
      const skipped = version === 4 && (frame[9] & 0x01) !== 0 ? 4 : 0;
      tags[field] ||= id3Text(body.subarray(skipped), (flags & 0x80) !== 0 || (version === 4 && (frame[9] & 0x02) !== 0));
    }
    at += bytes + size;
  }
}

/**
 * @param {Uint8Array} body of a frame: the number of an encoding, and the text
 * @param {boolean} unsynchronised whether a zero was put behind every 255, for players that look for sound there
 */
function id3Text(body, unsynchronised) {
  const whole = unsynchronised ? body.filter((byte, at) => !(byte === 0 && at > 0 && body[at - 1] === 0xff)) : body;
  const bytes = whole.subarray(1);
  // Without a mark of its order UTF-16 is what most machines write.
  const swapped = whole[0] === 1 && bytes[0] === 0xfe && bytes[1] === 0xff;
  return text(swapped ? 'utf-16be' : (ID3_ENCODINGS[whole[0]] ?? 'windows-1252'), bytes);
}

/**
 * FLAC (RFC 9639 section 8): blocks, of which the fourth kind holds comments.
 * @param {Read} piece
 * @param {number} at
 * @param {Tags} tags
 */
async function flac(piece, at, tags) {
  for (;;) {
    const head = await piece(at, 4);
    const size = view(head).getUint32(0) & 0xffffff;
    if ((head[0] & 0x7f) === 4) return comments(await piece(at + 4, Math.min(size, COMMENT_BYTES_MAX)), 0, tags);
    if ((head[0] & 0x80) !== 0) return;
    at += 4 + size;
  }
}

/**
 * Ogg (RFC 3533): the second packet holds the comments, and begins on a page of its own.
 * @param {Uint8Array} bytes from the file's start
 * @param {Tags} tags
 */
function ogg(bytes, tags) {
  const joined = new Uint8Array(bytes.length);
  let [at, filled, pages] = [0, 0, 0];
  while (at + 27 <= bytes.length && ascii(bytes, at, at + 4) === 'OggS') {
    const lengths = bytes.subarray(at + 27, at + 27 + bytes[at + 26]);
    const from = at + 27 + bytes[at + 26];
    const size = lengths.reduce((sum, length) => sum + length, 0);
    if (pages > 0) {
      const body = bytes.subarray(from, from + size);
      joined.set(body, filled);
      filled += body.length;
    }
    pages += 1;
    at = from + size;
  }
  const packet = joined.subarray(0, filled);
  if (ascii(packet, 0, 8) === 'OpusTags') comments(packet, 8, tags);
  else if (ascii(packet, 1, 7) === 'vorbis') comments(packet, 7, tags);
}

/**
 * Vorbis comments: `NAME=text` in UTF-8, each behind its length, behind the name of the program that wrote them.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {Tags} tags
 */
function comments(bytes, at, tags) {
  const numbers = view(bytes);
  at += 4 + numbers.getUint32(at, true);
  const count = numbers.getUint32(at, true);
  at += 4;
  for (let n = 0; n < Math.min(count, PIECES_MAX); n += 1) {
    const size = numbers.getUint32(at, true);
    const comment = bytes.subarray(at + 4, at + 4 + Math.min(size, TEXT_BYTES_MAX));
    const split = comment.indexOf(0x3d);
    const name = split < 0 ? '' : ascii(comment, 0, split).toLowerCase();
    if (name === 'title' || name === 'artist') tags[name] ||= text('utf-8', comment.subarray(split + 1));
    at += 4 + size;
  }
}

/**
 * MP4 (ISO 14496-12): atoms within atoms; the tags are those of iTunes.
 * @param {Read} piece
 * @param {number} at
 * @param {number} end
 * @param {Tags} tags
 */
async function mp4(piece, at, end, tags) {
  while (at + 8 <= end) {
    const head = await piece(at, 16);
    const name = ascii(head, 4, 8);
    const numbers = view(head);
    const long = numbers.getUint32(0) === 1;
    // An atom without a size goes to the end.
    const size = long ? Number(numbers.getBigUint64(8)) : numbers.getUint32(0) || end - at;
    const body = at + (long ? 16 : 8);
    if (at + size < body) return;
    if (name in ATOMS) await mp4(piece, body + ATOMS[name], Math.min(at + size, end), tags);
    const field = FIELDS[name];
    if (field !== undefined) tags[field] ||= await mp4Text(piece, body);
    at += size;
  }
}

/**
 * @param {Read} piece
 * @param {number} at where an atom `data` begins: size, name, kind and language, and the text
 */
async function mp4Text(piece, at) {
  const data = await piece(at, 16 + TEXT_BYTES_MAX);
  const size = Math.min(view(data).getUint32(0), data.length);
  return ascii(data, 4, 8) === 'data' && size > 16 ? text('utf-8', data.subarray(16, size)) : '';
}
