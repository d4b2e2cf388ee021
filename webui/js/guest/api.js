// What only a guest who brings a file asks of the box. It names addresses and nothing else does.

import { ofChannel } from '../api.js';
import { sendWhole } from '../send.js';

/**
 * Brings a file as a wish to the channel that this phone hears. See `send.js`.
 * @param {File} file
 * @param {(share: number) => void} onProgress
 */
export const bring = (file, onProgress) => sendWhole(ofChannel('files'), file, onProgress, '/api/files');
