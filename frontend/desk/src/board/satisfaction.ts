import type { Figure } from '../api/models'

type Words = (key: string, figures: Record<string, string | number>) => string

/** A share with what it is a share of; nothing to count is no 0 %. */
export function shareWords(figure: Figure, t: Words): string {
  if (figure.value === null) return t('satisfaction.nothing', {})
  const percent = (figure.value * 100).toFixed(1)
  return t('satisfaction.share', { percent, numerator: figure.numerator ?? 0, of: figure.of ?? 0 })
}
