// The elements of the page with the box's settings, also while another page of the phone is shown in its place.

import { part } from '../dom.js';

export const element = part('settings');
