export interface Section {
  key: string
  ids: string[]
}

export const sameLayout = (one: Section[], other: Section[]): boolean => JSON.stringify(one) === JSON.stringify(other)

/**
 * What the list shows. While the pointer or the focus is inside, rows stay where they are: nothing moves, nothing
 * comes, nothing goes. The newest layout is taken the moment the list is left.
 */
export class FrozenLayout {
  shown: Section[] = []
  private newest: Section[] = []
  private held = false

  offer(layout: Section[]): Section[] {
    this.newest = layout
    if (!this.held) this.shown = layout
    return this.shown
  }

  hold(held: boolean): Section[] {
    this.held = held
    if (!held) this.shown = this.newest
    return this.shown
  }

  /** How many rows wait outside until the list is left. */
  get waiting(): number {
    const inside = new Set(this.shown.flatMap((section) => section.ids))
    return this.newest.flatMap((section) => section.ids).filter((id) => !inside.has(id)).length
  }

  /** Swaps the list for another one (another tab or filter): what was held belonged to the old one. */
  reset(layout: Section[]): Section[] {
    this.newest = this.shown = layout
    return layout
  }
}
