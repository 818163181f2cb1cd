// The conversation. Nodes are kept by key, so that a screen reader hears only what is new and nothing jumps.
import { h } from './dom'
import { icon } from './icons'
import type { Attachment, Receipt } from './protocol'
import { clockText, dayText, spaced } from './sentences'
import type { ChatState, Entry, Pending } from './state'
import { fill, type Words } from './words'

export interface LogActions {
  retry(message: Pending): void
  discard(message: Pending): void
  fileAddress(attachment: Attachment): string
  statusPage: string | null
}

export class Log {
  readonly root: HTMLElement
  private readonly list: HTMLElement
  private readonly nodes = new Map<string, { mark: string; node: HTMLElement }>()

  constructor(private readonly words: Words, private readonly language: string, private readonly actions: LogActions) {
    this.list = h('div', { class: 'log', role: 'log', 'aria-label': words.log })
    this.root = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': words.log }, this.list)
  }

  draw(state: ChatState): void {
    const atEnd = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < 80
    const keep = new Set<string>()
    let place = 0
    const put = (key: string, mark: string, make: () => HTMLElement): void => {
      keep.add(key)
      const known = this.nodes.get(key)
      const node = known?.mark === mark ? known.node : make()
      if (known && known.node !== node) known.node.replaceWith(node)
      this.nodes.set(key, { mark, node })
      if (this.list.children[place] !== node) this.list.insertBefore(node, this.list.children[place] ?? null)
      place += 1
    }
    state.entries.forEach((entry, index) => this.drawEntry(put, state, entry, state.entries[index - 1]))
    for (const message of state.pending) this.drawPending(put, state, message)
    if (state.agentTyping) put('typing', '', () => h('p', { class: 't' }, this.words.typing))
    for (const [key, { node }] of this.nodes) if (!keep.has(key)) { node.remove(); this.nodes.delete(key) }
    if (atEnd) this.root.scrollTop = this.root.scrollHeight
  }

  /** What was left for later, and the receipt for it. */
  addLeft(message: { text: string; attachments: Attachment[] }, receipt: Receipt): void {
    this.list.append(this.bubble('c', message), this.receiptCard(receipt))
    this.root.scrollTop = this.root.scrollHeight
  }

  private drawEntry(put: Put, state: ChatState, entry: Entry, before: Entry | undefined): void {
    const { words } = this
    const time = clockText(entry.sentAt, this.language)
    if (entry.receipt) {
      const receipt = entry.receipt
      put(`m${entry.seq}`, receipt.pin ?? '', () => this.receiptCard(receipt))
    } else if (entry.rate && this.actions.statusPage) {
      const page = this.actions.statusPage.replace(/status$/, 'rate')
      put(`m${entry.seq}`, '', () => h('div', { class: 'rec' }, h('b', {}, words.ended), h('a', { href: page }, words.rate)))
    } else if (entry.author === 'system') {
      put(`m${entry.seq}`, '', () => h('p', { class: 't' }, entry.text))
    } else if (entry.author === 'agent') {
      const who = entry.staffNumber ? fill(words.staff, { staff: entry.staffNumber }) : words.staffPlain
      if (before?.author !== 'agent' || before.staffNumber !== entry.staffNumber) {
        put(`w${entry.seq}`, '', () => h('p', { class: 'by' }, `${who} ${time}`))
      }
      put(`m${entry.seq}`, '', () => this.bubble('a', entry))
    } else {
      put(`m${entry.seq}`, '', () => this.bubble('c', entry))
      const read = entry.seq <= state.readByAgent
      put(`s${entry.seq}`, String(read), () => h('p', { class: 'by r' }, icon(read ? 'read' : 'check'), `${read ? words.read : words.sent} ${time}`))
    }
  }

  private drawPending(put: Put, state: ChatState, message: Pending): void {
    const { words } = this
    put(`p${message.clientMsgId}`, '', () => this.bubble('c wait', message))
    const mark = message.refused ?? (state.online ? 'sending' : 'queued')
    put(`q${message.clientMsgId}`, mark, () =>
      message.refused === null
        ? h('p', { class: 'by r' }, icon('clock'), state.online ? words.sending : words.queued)
        : h('p', { class: 'by r bad' }, icon('stop'), fill(words.refused, { why: message.refused }),
            h('button', { class: 'link', type: 'button', onclick: () => this.actions.retry(message) }, words.retry),
            h('button', { class: 'link', type: 'button', onclick: () => this.actions.discard(message) }, words.discard)))
  }

  private bubble(kind: string, message: { text: string; attachments: Attachment[] }): HTMLElement {
    return h('div', { class: kind }, message.text,
      ...message.attachments.map((file) =>
        h('a', { class: 'file', href: this.actions.fileAddress(file), download: file.filename }, icon('file'),
          `${file.filename} · ${fill(this.words.size, { n: Math.max(1, Math.round(file.size_bytes / 1024)) })}`)))
  }

  private receiptCard(receipt: Receipt): HTMLElement {
    const { words } = this
    return h('div', { class: 'rec' }, h('b', {}, icon('ok'), words.recorded),
      h('dl', {}, h('dt', {}, words.number), h('dd', {}, spaced(receipt.number)),
        ...(receipt.pin ? [h('dt', {}, words.pin), h('dd', {}, receipt.pin)] : []),
        ...(receipt.due ? [h('dt', {}, words.due), h('dd', {}, fill(words.dueBy, { day: dayText(receipt.due, this.language) }))] : [])),
      receipt.pin ? h('p', {}, words.pinOnce) : null,
      this.actions.statusPage ? h('a', { href: this.actions.statusPage }, words.check) : null)
  }
}

type Put = (key: string, mark: string, make: () => HTMLElement) => void
