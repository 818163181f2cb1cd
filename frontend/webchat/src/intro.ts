// What is asked before the first message: the topic, and with a report whether to stay anonymous.
import { h } from './dom'
import { TOPICS, type Topic } from './protocol'
import type { Words } from './words'

export class Intro {
  readonly root: HTMLElement
  topic: Topic = 'inquiry'
  anonymous = false
  private readonly anonymousBox: HTMLElement

  constructor(words: Words) {
    const box = h('input', { type: 'checkbox', onchange: () => { this.anonymous = box.checked } })
    this.anonymousBox = h('div', { class: 'f', hidden: true },
      h('label', { class: 'opt' }, box, words.anonymous), h('p', { class: 'hint' }, words.anonymousHint))
    this.root = h('div', {},
      h('fieldset', {}, h('legend', {}, words.topic),
        h('div', { class: 'opts' }, ...TOPICS.map((topic) =>
          h('label', { class: 'opt' },
            h('input', { type: 'radio', name: 'topic', value: topic, ...(topic === this.topic ? { checked: true } : {}), onchange: () => this.choose(topic) }),
            words[topic])))),
      this.anonymousBox)
  }

  private choose(topic: Topic): void {
    this.topic = topic
    this.anonymousBox.hidden = topic !== 'report'
    if (topic !== 'report') this.anonymous = false
  }
}
