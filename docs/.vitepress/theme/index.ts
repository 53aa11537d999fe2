import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import TwoDesigns from './TwoDesigns.vue'
import './style.css'

const theme: Theme = {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('TwoDesigns', TwoDesigns)
  },
}

export default theme
