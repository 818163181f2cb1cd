import { openMicrophone, readChosen } from '../phone/devices'

/** Records from the chosen microphone. `start` rejects with `MicrophoneProblem` where there is none. */
export class Recorder {
  private recorder: MediaRecorder | null = null
  private parts: Blob[] = []

  get running(): boolean {
    return this.recorder !== null
  }

  async start(): Promise<void> {
    const stream = await openMicrophone(readChosen())
    this.parts = []
    this.recorder = new MediaRecorder(stream)
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data)
    this.recorder.start()
  }

  /** What was said, in the browser's own form; null when nothing was being recorded. */
  async stop(): Promise<ArrayBuffer | null> {
    const { recorder } = this
    if (!recorder) return null
    this.recorder = null
    const over = new Promise<void>((stopped) => (recorder.onstop = () => stopped()))
    recorder.stop()
    recorder.stream.getTracks().forEach((track) => track.stop())
    await over
    return new Blob(this.parts).arrayBuffer()
  }
}
