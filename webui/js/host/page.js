// The elements of the host's page, also while another page of the phone is shown in its place.

import { part } from '../dom.js';

export const element = part('host');
