/** Scrolls the menu to the page that is open, where the menu is longer than the window. Call it when the menu is drawn. */
export function showPlaceInMenu(): void {
  const menu = document.querySelector<HTMLElement>('.VPSidebar')
  const place = menu?.querySelector('.VPSidebarItem.is-active')
  if (menu === null || place === null || place === undefined) return
  const { top, bottom } = place.getBoundingClientRect()
  const frame = menu.getBoundingClientRect()
  if (top >= frame.top && bottom <= frame.bottom) return
  menu.scrollTop += (top + bottom) / 2 - (frame.top + frame.bottom) / 2
}
