import { onScopeDispose, shallowReactive } from 'vue'

export interface KeyCommand {
  /** As printed: Ctrl+Enter, Alt+J, F8, ? */
  keys: string
  /** The i18n key of what it does. */
  label: string
  run: () => void
  /** A key without Ctrl or Alt that may also be typed: off inside fields. */
  typed?: boolean
}

const commands = shallowReactive(new Set<KeyCommand>())

/** The commands that work right now, for the cheat sheet. */
export const keyCommands = (): KeyCommand[] => [...commands]

/** Registers keys for as long as the component lives; the newest one wins. */
export function useKeys(...added: KeyCommand[]): void {
  for (const command of added) commands.add(command)
  onScopeDispose(() => added.forEach((command) => commands.delete(command)))
}

/** The printed name of a pressed key. Letters go by their place, so that Alt does not turn J into another sign. */
export function keyName(event: KeyboardEvent): string {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]
  const modified = event.ctrlKey || event.metaKey || event.altKey
  const key = modified && letter ? letter : event.key
  const shift = event.shiftKey && (modified || key.length > 1)
  return [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', shift ? 'Shift' : '', key]
    .filter(Boolean)
    .join('+')
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Runs the command of a key. Nothing fires while an input method composes, nor behind an open dialog. */
export function handleKey(event: KeyboardEvent): void {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return
  if (document.querySelector('.el-overlay:not([style*="display: none"]) [role=dialog]')) return
  const name = keyName(event)
  const command = [...commands].reverse().find((one) => one.keys === name)
  if (!command || (command.typed && isField(event.target))) return
  event.preventDefault()
  command.run()
}
