import type { Theme } from 'vitepress'
import { onContentUpdated } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import { defineAsyncComponent, h, nextTick } from 'vue'
import HomePage from './HomePage.vue'
import NotFoundPage from './NotFoundPage.vue'
import { rememberTabs } from './remember-tabs.ts'
import SpikeFigures from './SpikeFigures.vue'
import { showPlaceInMenu } from './show-place.ts'
import TwoDesigns from './TwoDesigns.vue'
import './styles/calculator.css'
import './styles/colours.css'
import './styles/code.css'
import './styles/diagrams.css'
import './styles/home.css'
import './styles/outline.css'
import './styles/print.css'
import './styles/search.css'
import './styles/tables.css'
import './styles/tabs.css'

const theme: Theme = {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'not-found': () => h(NotFoundPage) }),
  setup() {
    if (import.meta.env.SSR) return
    onContentUpdated(rememberTabs())
    // The menu follows the page.
    onContentUpdated(() => nextTick(showPlaceInMenu))
  },
  enhanceApp({ app }) {
    app.component('HomePage', HomePage)
    app.component('SpikeFigures', SpikeFigures)
    app.component('TwoDesigns', TwoDesigns)
    // Only its page loads it, with the planner.
    app.component(
      'ConnectionCalculator',
      defineAsyncComponent(() => import('./calculator/ConnectionCalculator.vue')),
    )
  },
}

export default theme
