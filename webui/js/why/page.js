// The elements of the page that says why nothing is heard, also while another page of the phone is shown in its place.

import { part } from '../dom.js';

export const element = part('why');
