// What a request gets in a language that has no mail, in the order in which the
// service looks.

export const generic = 'Generic';

/**
 * Gives {type, language} for a localized template, {type} for a delivery, {type, builtin}
 * for a built-in mail, or null if the request is refused. isLocalized(type, language),
 * isDelivered(type) and isBuiltin(type) tell what there is, isNotice(type) whether Generic
 * may not stand in.
 */
export function fallbackOf(type, language, { isLocalized, isDelivered, isBuiltin, isNotice }) {
  const candidates = isNotice(type) ? [type] : [type, generic];
  for (const candidate of candidates) if (language && isLocalized(candidate, language)) return { type: candidate, language };
  if (isDelivered(type)) return { type };
  if (isBuiltin(type)) return { type, builtin: true };
  return candidates.includes(generic) && isDelivered(generic) ? { type: generic } : null;
}
