// When nobody can answer now: where shall the answer go? The text itself is what stands in the composer.
import { h } from './dom'
import type { Words } from './words'

const WAYS = ['phone', 'mail', 'self'] as const
export type Way = (typeof WAYS)[number]

export class OfflineChoice {
  readonly root: HTMLElement
  way: Way = 'self'
  private readonly field = h('input', { class: 'in', id: 'axd-address' })
  private readonly label = h('label', { class: 'lab', for: 'axd-address' })
  private readonly box: HTMLElement

  constructor(private readonly words: Words) {
    this.box = h('div', { class: 'f', hidden: true }, this.label, this.field)
    this.root = h('div', { class: 'f' },
      h('fieldset', {}, h('legend', {}, words.reply),
        h('div', { class: 'opts' }, ...WAYS.map((way) =>
          h('label', { class: 'opt' },
            h('input', { type: 'radio', name: 'reply', value: way, ...(way === this.way ? { checked: true } : {}), onchange: () => this.choose(way) }),
            words[way])))),
      this.box)
  }

  get address(): string {
    return this.way === 'self' ? '' : this.field.value.trim()
  }

  /** The name of what is missing, empty when all is there. */
  get missing(): string {
    return this.way === 'self' || this.address ? '' : this.name
  }

  private get name(): string {
    return this.way === 'mail' ? this.words.mailAt : this.words.phoneNo
  }

  private choose(way: Way): void {
    this.way = way
    this.box.hidden = way === 'self'
    this.label.textContent = this.name
    this.field.type = way === 'mail' ? 'email' : 'tel'
    this.field.autocomplete = way === 'mail' ? 'email' : 'tel'
  }
}
