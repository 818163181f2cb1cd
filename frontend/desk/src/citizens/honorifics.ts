/** Kept as the citizen stated it; shown in the user's language. */
export const honorifics: Record<string, 'mr' | 'ms'> = { 先生: 'mr', 女士: 'ms' }
