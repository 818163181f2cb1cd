import type { SmsTemplate } from '../api/models'

const variable = /\$?\{([^{}]{1,40})\}/g
const gsm7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f^{}\\[~\]|€]*$/
const extended = /[\f^{}\\[~\]|€]/g

/** How many parts a text travels in: 160 or 153 septets of GSM 7-bit, else 70 or 67 units of UCS-2. */
export function partsOf(text: string): number {
  if (gsm7.test(text)) {
    const units = text.length + (text.match(extended)?.length ?? 0)
    return units <= 160 ? 1 : Math.ceil(units / 153)
  }
  return text.length <= 70 ? 1 : Math.ceil(text.length / 67)
}

/** The text as it goes out, with the signature in front. */
export const signed = (sign: string, text: string): string =>
  sign && !text.startsWith(`【${sign}】`) ? `【${sign}】${text}` : text

/** Whether the text is made of this template, with something in each variable. */
export function fits(text: string, template: Pick<SmsTemplate, 'text'>): boolean {
  const literals = template.text
    .trim()
    .split(variable)
    .filter((_, i) => i % 2 === 0)
  const [first, last] = [literals[0]!, literals.at(-1)!]
  const said = text.trim()
  if (literals.length === 1) return said === first
  if (!said.startsWith(first) || !said.endsWith(last) || said.length < first.length + last.length) return false
  let rest = said.slice(first.length, said.length - last.length)
  for (const literal of literals.slice(1, -1)) {
    const at = rest.indexOf(literal, 1)
    if (at < 0) return false
    rest = rest.slice(at + literal.length)
  }
  return rest !== ''
}

/** What of a template is still to be filled in. */
export const openVariables = (text: string): string[] => [...text.matchAll(variable)].map((match) => match[1]!)

/** The template for the composer: variables stand in braces, those that are known are filled in. */
export const started = (template: Pick<SmsTemplate, 'text'>, known: Record<string, string>): string =>
  template.text.replace(variable, (_, name: string) => known[name] || `{${name}}`)
