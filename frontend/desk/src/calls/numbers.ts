export interface TextPart {
  text: string
  /** What to dial where this part is a telephone number. */
  number?: string
}

/** Mobile, 400 and 800, with area code, hotlines and emergency numbers in words; a longer row of digits is none. */
const numberPattern =
  /(?<![\d*.-])(?:\+?86[- ]?)?(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|[48]00[- ]?\d{3}[- ]?\d{4}|0\d{2,3}[- ]?\d{4}[- ]?\d{3,4})(?![\d*-])/g

/** Splits what people wrote at the telephone numbers in it; joined again the parts are the text. */
export function withNumbers(text: string): TextPart[] {
  const parts: TextPart[] = []
  let at = 0
  for (const found of text.matchAll(numberPattern)) {
    if (found.index > at) parts.push({ text: text.slice(at, found.index) })
    parts.push({ text: found[0], number: found[0].replace(/[- ]/g, '') })
    at = found.index + found[0].length
  }
  if (at < text.length || parts.length === 0) parts.push({ text: text.slice(at) })
  return parts
}
