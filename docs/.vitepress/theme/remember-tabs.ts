const prefix = 'spillway-tab-'

/**
 * Keeps the reader's choice of each group of tabs in the browser, and makes it on the whole page.
 *
 * @returns makes the choices on a page whose content is new
 */
export function rememberTabs(): () => void {
  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return
    const group = groupOf(target)
    if (group === undefined) return
    // Tabs further up change their height, too: what was clicked stays where it is.
    const before = target.getBoundingClientRect().top
    store(group, target.value)
    choose(group, target.value)
    window.scrollBy({ top: target.getBoundingClientRect().top - before, behavior: 'instant' })
  })
  return () => {
    for (const { dataset } of document.querySelectorAll<HTMLElement>('.tabs')) {
      const chosen = stored(dataset.tabs ?? '')
      if (chosen !== null) choose(dataset.tabs ?? '', chosen)
    }
  }
}

function groupOf(input: HTMLElement): string | undefined {
  return input.closest('.tab-bar')?.closest<HTMLElement>('.tabs')?.dataset.tabs
}

function choose(group: string, value: string): void {
  for (const input of document.querySelectorAll<HTMLInputElement>('.tab-bar input'))
    if (input.value === value && groupOf(input) === group) input.checked = true
}

// A browser may refuse its storage.
function store(group: string, value: string): void {
  try {
    localStorage.setItem(prefix + group, value)
  } catch {}
}

function stored(group: string): string | null {
  try {
    return localStorage.getItem(prefix + group)
  } catch {
    return null
  }
}
