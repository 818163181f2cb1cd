import type { Waveform } from '../api/models'

export interface Bar {
  x: number
  y: number
  height: number
  side: 'citizen' | 'others'
}

/** Half the height for each side, in the units of the picture. */
export const half = 50
const thinnest = 1.5

/**
 * The bars of a picture `count` bars wide: the citizen above the middle, the others below. Each bar is the loudest of
 * what falls into it; the louder half of the scale is stretched, as speech is mostly quiet.
 */
export function barsOf(wave: Waveform, count: number): Bar[] {
  const loudest = Math.max(1, ...wave.citizen, ...wave.others)
  const bars = (levels: number[], side: Bar['side']): Bar[] =>
    Array.from({ length: levels.length === 0 ? 0 : count }, (_, at) => {
      const part = levels.slice(
        Math.floor((at * levels.length) / count),
        Math.max(Math.ceil(((at + 1) * levels.length) / count), Math.floor((at * levels.length) / count) + 1),
      )
      const height = Math.max(thinnest, Math.sqrt(Math.max(...part) / loudest) * (half - 2))
      return { x: at, y: side === 'citizen' ? half - height : half, height, side }
    })
  return [...bars(wave.citizen, 'citizen'), ...bars(wave.others, 'others')]
}
