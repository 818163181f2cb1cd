// Comfort on top of pages that work without it: a draft on this device, a count of what is left, the chat's button.
const DRAFT_KEY = 'axd-form-draft'
const KEPT = ['subject', 'text', 'name', 'phone', 'mail']

function summaryTakesFocus(): void {
  document.querySelector<HTMLElement>('#errors')?.focus()
}

function chatButtons(): void {
  const chat = document.querySelector<HTMLElement & { open?: () => void }>('axd-chat')
  if (!chat) return
  document.addEventListener('axd-chat-toggle', (event) => {
    document.body.classList.toggle('chat-open', (event as CustomEvent<boolean>).detail)
  })
  for (const button of document.querySelectorAll('[data-open-chat]')) {
    button.addEventListener('click', (event) => {
      event.preventDefault()
      chat.open?.()
    })
  }
}

/** Only a browser that can hold a call is offered one. */
function callButtons(): void {
  const call = document.querySelector<HTMLElement & { show?: () => void }>('axd-call')
  if (!call || !('RTCPeerConnection' in window)) return
  document.addEventListener('axd-call-open', () => call.show?.())
  for (const button of document.querySelectorAll<HTMLElement>('[data-open-call]')) {
    button.hidden = false
    button.addEventListener('click', () => call.show?.())
  }
}

function printButton(): void {
  const button = document.querySelector<HTMLButtonElement>('[data-print]')
  if (!button) return
  button.hidden = false
  button.addEventListener('click', () => window.print())
}

function keepDraft(form: HTMLFormElement): void {
  const fields = KEPT.map((name) => form.elements.namedItem(name)).filter(
    (field): field is HTMLInputElement | HTMLTextAreaElement => field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement,
  )
  for (const [name, value] of Object.entries(readDraft())) {
    const field = fields.find((candidate) => candidate.name === name)
    if (field && !field.value) field.value = value
  }
  const saved = form.querySelector<HTMLElement>('[data-saved]')
  let pause: ReturnType<typeof setTimeout> | undefined
  form.addEventListener('input', () => {
    showCount(form)
    clearTimeout(pause)
    pause = setTimeout(() => {
      writeDraft(Object.fromEntries(fields.filter((field) => field.value).map((field) => [field.name, field.value])))
      const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date())
      if (saved) saved.textContent = (saved.dataset.saved ?? '').replace('{time}', time)
    }, 800)
  })
  form.querySelector('[data-plain]')?.toggleAttribute('hidden', true)
  form.querySelector('[data-script]')?.toggleAttribute('hidden', false)
  showCount(form)
}

function showCount(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLTextAreaElement>('[data-limit]')
  const count = form.querySelector<HTMLElement>('[data-count]')
  if (!field || !count) return
  const left = Number(field.dataset.limit) - field.value.length
  count.textContent = (field.dataset.left ?? '').replace('{count}', left.toLocaleString(document.documentElement.lang))
}

function readDraft(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(DRAFT_KEY) ?? '{}') as Record<string, string>
  } catch {
    return {}
  }
}

function writeDraft(values: Record<string, string>): void {
  try {
    localStorage.setItem(DRAFT_KEY, JSON.stringify(values))
  } catch {
    // Without storage the form works, it is only not kept.
  }
}

summaryTakesFocus()
chatButtons()
callButtons()
printButton()
const form = document.querySelector<HTMLFormElement>('form[data-draft]')
if (form) keepDraft(form)
if (document.querySelector('.slip')) writeDraft({})
