// What a usage type gets instead of a mail of its own, in words.

import { t } from '../words/words.js';

export function fallbackText(found) {
  if (!found) return t('mails.refused');
  if (found.builtin) return t('mails.toBuiltin');
  return found.language ? t('mails.toLocalized', found) : t('mails.toDelivery', found);
}
