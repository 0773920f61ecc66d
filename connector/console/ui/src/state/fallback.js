// What a request gets in a language that has no mail, in the order in which the
// service looks.

export const generic = 'Generic';

/**
 * Gives {type, language} for a localized template, {type} for a delivery, or null if
 * the request is refused. isLocalized(type, language) and isDelivered(type) tell what
 * there is.
 */
export function fallbackOf(type, language, { isLocalized, isDelivered }) {
  for (const candidate of [type, generic]) if (language && isLocalized(candidate, language)) return { type: candidate, language };
  for (const candidate of [type, generic]) if (isDelivered(candidate)) return { type: candidate };
  return null;
}
