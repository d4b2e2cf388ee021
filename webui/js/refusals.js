// Why the box said no, as a sentence in the language of the page. What has no words here is said in the box's own.

import { RefusedError } from './api.js';
import { known, t } from './i18n.js';

/**
 * @param {unknown} error what a request was rejected with
 * @param {Record<string, string | number>} [values] for the sentence
 */
export function sentence(error, values = {}) {
  if (!(error instanceof RefusedError)) return t('refused.no_answer');
  const key = `refused.${error.code}`;
  // How many seconds there are to wait, where the box says so.
  const n = Math.ceil((error.retryAfterMs ?? 0) / 1000);
  if (known(key)) return t(key, { n, ...values });
  if (error.status === 503) return t('refused.busy');
  return error.status === 403 ? t('refused.not-host') : t('refused.unknown', { detail: error.detail });
}
