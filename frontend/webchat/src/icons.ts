// One stroke set on a 24 px grid, shared with the pages; decoration only, the word beside it carries the meaning.
const PATHS = {
  chat: 'M5 4.5h14a1.5 1.5 0 0 1 1.5 1.5v9.5A1.5 1.5 0 0 1 19 17h-7.5L7 20.5V17H5a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 5 4.5z',
  phone: 'M7 3.5h2.6l1.7 4.3-2.3 1.7a12 12 0 0 0 5.5 5.5l1.7-2.3 4.3 1.7V17a3.2 3.2 0 0 1-3.4 3.4A16.4 16.4 0 0 1 3.6 6.9 3.2 3.2 0 0 1 7 3.5z',
  hangup: 'M3 14.5c0-6.5 18-6.5 18 0v1.8a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1v-2.1c-2.6-.8-5.4-.8-8 0v2.1a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z',
  down: 'M6 9.5l6 6 6-6',
  x: 'M6 6l12 12M18 6L6 18',
  clip: 'M19.5 11l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4L14 7',
  send: 'M20.5 4L3.5 10.5l7 3 3 7zM10.5 13.5L20.5 4',
  ok: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8 12.3l2.8 2.8L16 9.5',
  read: 'M2.5 12.5l4.5 4.5 9-10M11.5 16l1 1 9-10',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.5 2.5',
  shield: 'M12 3l8 3v6c0 4.5-3.2 7.7-8 9-4.8-1.3-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-5',
  offline: 'M3 3l18 18M5 12.5a10 10 0 0 1 4-2.6M14 9.7a10 10 0 0 1 5 2.8M2 9a14.5 14.5 0 0 1 4.5-2.9M10.5 5a14.5 14.5 0 0 1 11.5 4M8.5 16a5 5 0 0 1 6 -.4M12 19.5v.1',
  file: 'M6.5 3h7.5l4.5 4.5V20a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM13.5 3v5h5',
  stop: 'M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.5M12 16.2v.1',
  warn: 'M12 4L2.8 20h18.4zM12 10v4.5M12 17.2v.1',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18',
  check: 'M4.5 12.5l5 5 10-11',
} as const

export type IconName = keyof typeof PATHS

export function icon(name: IconName): HTMLElement {
  const holder = document.createElement('i')
  holder.setAttribute('aria-hidden', 'true')
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', PATHS[name])
  svg.append(path)
  holder.append(svg)
  return holder
}
