/** Microphone and speaker of this browser: which are there, which is chosen, how loud it is. */
const chosenKey = 'axd-phone-devices'

export interface Devices {
  microphones: MediaDeviceInfo[]
  speakers: MediaDeviceInfo[]
}

export interface Chosen {
  microphone: string
  speaker: string
}

/** `insecure`: the page has no encrypted address, so the browser has no microphone for it. */
export type MicrophoneState = 'unknown' | 'ready' | 'blocked' | 'missing' | 'insecure'

export function readChosen(): Chosen {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(chosenKey) ?? '{}')
    return { microphone: '', speaker: '', ...(kept as Partial<Chosen>) }
  } catch {
    return { microphone: '', speaker: '' }
  }
}

export const keepChosen = (chosen: Chosen): void => localStorage.setItem(chosenKey, JSON.stringify(chosen))

export async function listDevices(): Promise<Devices> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? []
  return {
    microphones: all.filter((device) => device.kind === 'audioinput'),
    speakers: all.filter((device) => device.kind === 'audiooutput'),
  }
}

/** The chosen microphone, or any where that one is gone. Rejects with the state that says why there is none. */
export async function openMicrophone(chosen: Chosen): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new MicrophoneProblem('insecure')
  const wish = chosen.microphone ? { deviceId: { ideal: chosen.microphone } } : true
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wish })
  } catch (error) {
    throw new MicrophoneProblem((error as DOMException).name === 'NotFoundError' ? 'missing' : 'blocked')
  }
}

export class MicrophoneProblem extends Error {
  constructor(readonly state: MicrophoneState) {
    super(state)
  }
}

export async function microphoneState(): Promise<MicrophoneState> {
  if (!navigator.mediaDevices) return 'insecure'
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return state === 'denied' ? 'blocked' : state === 'granted' ? 'ready' : 'unknown'
  } catch {
    return 'unknown'
  }
}

/** Tells how loud a stream is, 0 to 1, ten times a second; call what it returns to end it. */
export function watchLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  const samples = new Float32Array(analyser.fftSize)
  context.createMediaStreamSource(stream).connect(analyser)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    tell(Math.min(1, Math.sqrt(power) * 4))
  }, 100)
  return () => {
    clearInterval(timer)
    void context.close()
  }
}
