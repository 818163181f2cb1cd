import { ref, watch, type Ref } from 'vue'
import type { Offer } from '../api/models'

/** A short soft tone; browsers allow it once the page was used, before that silence is all there is. */
function ring(): void {
  const audio = new AudioContext()
  if (audio.state !== 'running') {
    void audio.close()
    return
  }
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  volume.gain.setValueAtTime(0.08, audio.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.5)
  tone.frequency.value = 660
  tone.connect(volume).connect(audio.destination)
  tone.onended = () => void audio.close()
  tone.start()
  tone.stop(audio.currentTime + 0.5)
}

/** Rings once for each new offer. Returns the id of the last one that rang. */
export function useOfferNotice(offer: Ref<Offer | null>): Ref<string | null> {
  const rung = ref<string | null>(null)
  watch(
    offer,
    (now) => {
      if (!now || now.id === rung.value) return
      rung.value = now.id
      ring()
    },
    { immediate: true },
  )
  return rung
}
