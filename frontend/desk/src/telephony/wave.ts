/** Sounds in the page: read whatever the browser can read, seen as a curve, written as the WAV files of prompts. */
export const RATE_HZ = 16_000
export const MOST_S = 15 * 60

/** Mono at 16 kHz, whatever the file was: WAV, MP3, or what a microphone gave. Rejects what is no sound. */
export async function readSound(data: ArrayBuffer): Promise<Float32Array> {
  const buffer = await new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(data)
  const mixed = new Float32Array(buffer.length)
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel)
    for (let at = 0; at < mixed.length; at++) mixed[at]! += samples[at]! / buffer.numberOfChannels
  }
  return mixed
}

/** A WAV file: 16-bit mono PCM. */
export function wavOf(samples: Float32Array, rate = RATE_HZ): ArrayBuffer {
  const file = new DataView(new ArrayBuffer(44 + samples.length * 2))
  const word = (at: number, letters: string): void =>
    [...letters].forEach((letter, place) => file.setUint8(at + place, letter.charCodeAt(0)))
  word(0, 'RIFF')
  file.setUint32(4, 36 + samples.length * 2, true)
  word(8, 'WAVEfmt ')
  file.setUint32(16, 16, true)
  file.setUint16(20, 1, true)
  file.setUint16(22, 1, true)
  file.setUint32(24, rate, true)
  file.setUint32(28, rate * 2, true)
  file.setUint16(32, 2, true)
  file.setUint16(34, 16, true)
  word(36, 'data')
  file.setUint32(40, samples.length * 2, true)
  samples.forEach((sample, at) =>
    file.setInt16(44 + at * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true),
  )
  return file.buffer as ArrayBuffer
}

/** How loud each of `count` stretches is at most, 0 to 1. */
export function peaksOf(samples: Float32Array, count: number): number[] {
  return Array.from({ length: count }, (_, place) => {
    const from = Math.floor((place * samples.length) / count)
    const until = Math.max(from + 1, Math.floor(((place + 1) * samples.length) / count))
    let most = 0
    for (let at = from; at < until && at < samples.length; at++) most = Math.max(most, Math.abs(samples[at]!))
    return Math.min(1, most)
  })
}

/** Plays one sound at a time; `play` resolves when it is over or stopped. */
export class SoundPlayer {
  private context: AudioContext | null = null
  private source: AudioBufferSourceNode | null = null

  async play(samples: Float32Array, { from = 0, until = samples.length / RATE_HZ, gainDb = 0 } = {}): Promise<void> {
    this.stop()
    if (!samples.length || until <= from) return
    this.context ??= new AudioContext()
    const buffer = this.context.createBuffer(1, samples.length, RATE_HZ)
    buffer.copyToChannel(samples as Float32Array<ArrayBuffer>, 0)
    const source = this.context.createBufferSource()
    const gain = this.context.createGain()
    gain.gain.value = 10 ** (gainDb / 20)
    source.buffer = buffer
    source.connect(gain).connect(this.context.destination)
    this.source = source
    await this.context.resume()
    await new Promise<void>((over) => {
      source.onended = () => over()
      source.start(0, from, until - from)
    })
  }

  stop(): void {
    this.source?.stop()
    this.source = null
  }

  close(): void {
    this.stop()
    void this.context?.close()
    this.context = null
  }
}
