// The elements of the guest page, also while another page of the phone is shown in its place.

import { part } from '../dom.js';

export const element = part('guest');
